"""A small reader of the OFD files under test, written against GB/T 33190 and not the writer."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

OFD = "{http://www.ofdspec.org/2016}"


class Glyph(NamedTuple):
    """A character and its origin: page from 1, mm from the upper left corner."""

    page: int
    character: str
    x: float
    y: float


class Text(NamedTuple):
    """A text object."""

    page: int
    id: str
    font: str
    size: float
    text: str
    x: float
    y: float


class Ofd:
    """The parts of a package, followed from OFD.xml."""

    def __init__(self, ofd: bytes) -> None:
        with zipfile.ZipFile(BytesIO(ofd)) as package:
            assert package.testzip() is None
            self.entries = package.infolist()
            self.parts = {entry.filename: package.read(entry) for entry in self.entries}
        self.entry = self.xml("OFD.xml")
        self.root = self.found(self.entry, "DocBody/DocRoot")
        self.document = self.xml(self.root)

    def xml(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.parts[name])  # noqa: S314 - our own file

    def found(self, element: ElementTree.Element, path: str, base: str = "") -> str:
        """The path in the package that an element names, relative to the part `base`."""
        text = element.findtext(_qualified(path))
        assert text, f"no {path}"
        return self.resolve(text, base)

    def resolve(self, location: str, base: str) -> str:
        name = str(PurePosixPath(base).parent / location).lstrip("/")
        assert name in self.parts, f"{base} names {name}, which is not there"
        return name

    def pages(self) -> list[ElementTree.Element]:
        pages = self.document.findall(_qualified("Pages/Page"))
        return [self.xml(self.resolve(page.attrib["BaseLoc"], self.root)) for page in pages]

    def template(self, page: ElementTree.Element) -> ElementTree.Element:
        [used] = page.findall(_qualified("Template"))
        templates = self.document.findall(_qualified("CommonData/TemplatePage"))
        [template] = [each for each in templates if each.attrib["ID"] == used.attrib["TemplateID"]]
        return self.xml(self.resolve(template.attrib["BaseLoc"], self.root))

    def values(self) -> list[Text]:
        """The text objects of the pages themselves, in the order in which they stand there."""
        return [text for number, page in enumerate(self.pages(), 1) for text in _texts(number, page)]

    def labels(self) -> list[Text]:
        """Those of the templates, once for each page."""
        pages = enumerate(self.pages(), 1)
        return [text for number, page in pages for text in _texts(number, self.template(page))]

    def glyphs(self) -> list[Glyph]:
        """Every character that is shown, white space left out."""
        return [
            glyph
            for number, page in enumerate(self.pages(), 1)
            for root in (self.template(page), page)
            for element in root.iter(f"{OFD}TextObject")
            for glyph in _glyphs(number, element)
            if not glyph.character.isspace()
        ]

    def resources(self) -> dict[str, str]:
        """The names of the embedded fonts' parts by their ids."""
        name = self.found(self.document, "CommonData/PublicRes", self.root)
        res = self.xml(name)
        base = str(PurePosixPath(name).parent / res.attrib["BaseLoc"] / "x")
        fonts = res.findall(_qualified("Fonts/Font"))
        return {font.attrib["ID"]: self.found(font, "FontFile", base) for font in fonts}

    def attachments(self) -> dict[str, bytes]:
        """By their names, in the order of the list."""
        name = self.found(self.document, "Attachments", self.root)
        return {each.attrib["Name"]: self.parts[self.found(each, "FileLoc", name)] for each in self.xml(name)}

    def tags(self) -> ElementTree.Element:
        name = self.found(self.document, "CustomTags", self.root)
        return self.xml(self.found(self.xml(name), "CustomTag/FileLoc", name))


def _qualified(path: str) -> str:
    return "/".join(f"{OFD}{step}" for step in path.split("/"))


def _texts(page: int, root: ElementTree.Element) -> Iterator[Text]:
    for element in root.iter(f"{OFD}TextObject"):
        glyphs = list(_glyphs(page, element))
        about = element.attrib
        text = "".join(glyph.character for glyph in glyphs)
        size = float(about["Size"])
        yield Text(page, about["ID"], about["Font"], size, text, glyphs[0].x, glyphs[0].y)


def _glyphs(page: int, element: ElementTree.Element) -> Iterator[Glyph]:
    left, top, width, height = map(float, element.attrib["Boundary"].split())
    a, b, c, d, e, f = map(float, element.attrib.get("CTM", "1 0 0 1 0 0").split())
    [code] = element.findall(f"{OFD}TextCode")
    x, y = float(code.attrib["X"]), float(code.attrib["Y"])
    assert code.text
    moves = [0.0, *_delta(code.attrib.get("DeltaX", ""))]
    for character, move in zip(code.text, moves, strict=True):
        x += move
        across, down = a * x + c * y + e, b * x + d * y + f
        assert 0 <= across <= width
        assert 0 <= down <= height
        yield Glyph(page, character, left + across, top + down)


def _delta(text: str) -> Iterator[float]:
    """An array in which `g n v` stands for n times v."""
    words = iter(text.split())
    for word in words:
        count = int(next(words)) if word == "g" else 1
        yield from [float(next(words) if word == "g" else word)] * count
