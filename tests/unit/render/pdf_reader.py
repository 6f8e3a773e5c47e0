"""A small reader of the PDF files under test, written against the specification and not the writer."""

import re
import zlib
from typing import NamedTuple

MM = 25.4 / 72
# The origin of the pages is their upper left corner, y grows upwards.
_TEXT = re.compile(
    r"/(\w+) ([\d.]+) Tf(?: ([-\d.]+) Tc)? ([\d.]+) 0 0 1 ([-\d.]+) ([-\d.]+) Tm\s*<([0-9A-F]*)>\s*Tj"
)


class Shown(NamedTuple):
    """One shown string: page from 1, left end and baseline in mm from the upper left corner, size in points."""

    page: int
    text: str
    x: float
    y: float
    size: float
    width: float
    font: str

    @property
    def right(self) -> float:
        return self.x + self.width


class Pdf:
    """Objects of a file, found through its cross-reference table."""

    def __init__(self, pdf: bytes) -> None:
        self.bytes = pdf
        start = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
        entries = re.findall(rb"(\d{10}) \d{5} n", pdf[start:])
        self.objects = [self._object(number, int(offset)) for number, offset in enumerate(entries, 1)]

    def _object(self, number: int, offset: int) -> bytes:
        head = b"%d 0 obj\n" % number
        assert self.bytes.startswith(head, offset), f"object {number} is not at {offset}"
        start = offset + len(head)
        length = re.match(rb"<<.*?/Length (\d+).*?>>stream\n", self.bytes[start : start + 500], re.DOTALL)
        end = start + length.end() + int(length[1]) if length else start
        return self.bytes[start : self.bytes.index(b"\nendobj", end)]

    def dictionary(self, number: int) -> str:
        return self.objects[number - 1].partition(b"stream\n")[0].decode("latin-1")

    def stream(self, number: int) -> bytes:
        return zlib.decompress(self.objects[number - 1].partition(b"stream\n")[2])

    def reference(self, number: int, key: str) -> int:
        found = re.search(rf"/{key}[\s\[]*(\d+) 0 R", self.dictionary(number))
        assert found, f"object {number} has no {key}"
        return int(found[1])

    def pages(self) -> list[str]:
        """The content of each page."""
        contents = [re.findall(r"/Contents\[(.*?)\]", self.dictionary(kid))[0] for kid in self.kids()]
        streams = [re.findall(r"(\d+) 0 R", content) for content in contents]
        return ["\n".join(self.stream(int(number)).decode() for number in numbers) for numbers in streams]

    def kids(self) -> list[int]:
        """The page objects."""
        tree = self.dictionary(self.reference(1, "Pages"))
        return [int(kid) for kid in re.findall(r"(\d+) 0 R", re.findall(r"/Kids\[(.*?)\]", tree)[0])]

    def fonts(self) -> dict[str, int]:
        resources = self.dictionary(self.reference(self.kids()[0], "Resources"))
        fonts = re.findall(r"/Font<<(.*?)>>", resources)[0]
        return {name: int(number) for name, number in re.findall(r"/(\w+) (\d+) 0 R", fonts)}

    def shown(self) -> list[Shown]:
        """Every string in content order."""
        fonts = {name: (self._unicode(number), self._widths(number)) for name, number in self.fonts().items()}
        return [
            _shown(page, match, *fonts[match[1]])
            for page, content in enumerate(self.pages(), 1)
            for match in _TEXT.finditer(content)
        ]

    def _unicode(self, font: int) -> dict[str, str]:
        cmap = self.stream(self.reference(font, "ToUnicode")).decode()
        pairs = re.findall(r"<([0-9A-F]{4})><([0-9a-f]+)>\n", cmap)
        return {code: bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}

    def _widths(self, font: int) -> list[int]:
        descendant = self.dictionary(self.reference(font, "DescendantFonts"))
        return [0, *map(int, re.findall(r"/W\[1\[(.*?)\]", descendant)[0].split())]


def _shown(page: int, match: re.Match[str], unicode: dict[str, str], widths: list[int]) -> Shown:
    font, size, _, squeeze, x, y, text = match.groups()
    codes = [text[start : start + 4] for start in range(0, len(text), 4)]
    width = sum(widths[int(code, 16)] for code in codes) * float(size) / 1000 * float(squeeze)
    shown = "".join(unicode[code] for code in codes)
    return Shown(page, shown, float(x), -float(y), float(size) / MM, width, font)
