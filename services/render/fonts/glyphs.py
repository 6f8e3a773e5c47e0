"""The glyph file: one font's outlines as Type 2 charstrings, sorted by character, mapped and never read whole.

Layout, little-endian: magic (8) · length of the description (u32) · description (JSON, padded to 4) · code points
(u32 × n) · offsets into the outlines (u32 × n + 1) · advances in 1/1000 em (u16 × n) · outlines.
"""

import mmap
import sys
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from services.render.page.errors import MissingGlyph

FontName: TypeAlias = Literal["song", "kai", "mono"]
MAGIC = b"OFPGLYF1"
REMEMBERED_OUTLINES = 8192  # about 4 MB; the common characters of a year of invoices

Value = TypeVar("Value")


class Glyph(NamedTuple):
    """One character's advance in 1/1000 em and its charstring (widths relative to 0, default 1000)."""

    advance: int
    outline: bytes


class Description(msgspec.Struct, frozen=True):
    """What a font descriptor needs (ISO 32000-1 table 122), in 1/1000 em."""

    name: str
    count: int
    ascent: int
    descent: int
    cap_height: int
    bbox: tuple[int, int, int, int]


class _Remembered(dict[str, Value]):
    """A table filled on demand; forgets everything when it holds `limit` entries."""

    def __init__(self, find: Callable[[str], Value], limit: int) -> None:
        super().__init__()
        self._find = find
        self._limit = limit

    def __missing__(self, character: str) -> Value:
        value = self._find(character)
        if len(self) >= self._limit:
            self.clear()
        self[character] = value
        return value


class GlyphFile:
    """Read access to a glyph file; `advances` and `outlines` raise MissingGlyph for what it does not hold."""

    def __init__(self, path: Path) -> None:
        if sys.byteorder != "little":
            raise RuntimeError("glyph files are little-endian")
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._bytes[:8] != MAGIC:
            raise ValueError(f"{path.name} is not a glyph file")
        view = memoryview(self._bytes)
        start = 12 + int.from_bytes(view[8:12], "little")
        self.description = msgspec.json.decode(bytes(view[12:start]), type=Description)
        count = self.description.count
        self._codepoints = view[start : start + 4 * count].cast("I")
        self._offsets = view[start + 4 * count : start + 8 * count + 4].cast("I")
        self._advances = view[start + 8 * count + 4 : start + 10 * count + 4].cast("H")
        self._outlines = start + 10 * count + 4
        self.advances: dict[str, int] = _Remembered(self._advance, count + 1)
        self.outlines: dict[str, bytes] = _Remembered(self._outline, REMEMBERED_OUTLINES)

    def __contains__(self, character: str) -> bool:
        index = bisect_left(self._codepoints, ord(character))
        return index < len(self._codepoints) and self._codepoints[index] == ord(character)

    def characters(self) -> list[str]:
        """Every character of the file, sorted."""
        return list(map(chr, self._codepoints))

    def _index(self, character: str) -> int:
        if character not in self:
            raise MissingGlyph(character)
        return bisect_left(self._codepoints, ord(character))

    def _advance(self, character: str) -> int:
        return self._advances[self._index(character)]

    def _outline(self, character: str) -> bytes:
        index = self._index(character)
        start, end = self._offsets[index], self._offsets[index + 1]
        return self._bytes[self._outlines + start : self._outlines + end]


@cache
def font_file(name: FontName) -> GlyphFile:
    """The glyph file of a face, mapped once a process."""
    return GlyphFile(Path(__file__).parent / f"{name}.glyphs")


def write_glyph_file(path: Path, description: Description, glyphs: Mapping[str, Glyph]) -> None:
    """Write `glyphs`; the same input gives the same bytes."""
    chosen = [(ord(character), glyphs[character]) for character in sorted(glyphs)]
    about = msgspec.json.encode(description)
    about += b" " * (-len(about) % 4)
    offsets = accumulate((len(glyph.outline) for _, glyph in chosen), initial=0)
    with path.open("wb") as file:
        file.write(MAGIC + len(about).to_bytes(4, "little") + about)
        file.writelines(codepoint.to_bytes(4, "little") for codepoint, _ in chosen)
        file.writelines(offset.to_bytes(4, "little") for offset in offsets)
        file.writelines(glyph.advance.to_bytes(2, "little") for _, glyph in chosen)
        file.writelines(glyph.outline for _, glyph in chosen)
