"""Cut the shipped glyph files out of Debian's fonts: `python -m services.render.fonts.build [font folder]`.

Needs fontTools and the packages named in README.md beside this file; nothing of it runs in the product.
"""

import sys
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from services.render.fonts.glyphs import Description, Glyph, write_glyph_file

HERE = Path(__file__).parent
COVERAGE = HERE.parents[2] / "libs/common/glyphs.txt"
SIMPLIFIED_CHINESE = 2  # index of the face in the collection
# Figures take half an em, so that columns align; everything else keeps its natural width.
HALF_WIDTH = "0123456789"
# Blank though they count as letters: a name made of them would look empty.
FILLERS = "\u115f\u1160\u3164\uffa0"
CONJOINING_JAMO = [range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800)]
ASCII = [chr(code) for code in range(0x20, 0x7F)]


class Source(NamedTuple):
    """Where one glyph file comes from."""

    target: str
    path: str
    name: str


SONG = Source("song.glyphs", "opentype/noto/NotoSerifCJK-Regular.ttc", "OpenFapiaoSong")
# What GB 18030 asks for and the face lacks: font, face in it (-1: the only one), characters.
SONG_FILLS = [
    ("truetype/lxgw-wenkai/LXGWWenKaiMono-Regular.ttf", -1, "≒"),
    ("opentype/noto/NotoSansCJK-Regular.ttc", SIMPLIFIED_CHINESE, "鿫鿬鿭鿮鿯"),
]
KAI = Source("kai.glyphs", "truetype/lxgw-wenkai/LXGWWenKaiMono-Regular.ttf", "OpenFapiaoKai")
MONO = Source("mono.glyphs", "opentype/courier-prime/Courier Prime.otf", "OpenFapiaoMono")


def build(fonts: Path) -> None:
    """Write the three glyph files and the coverage list."""
    song = TTFont(fonts / SONG.path, fontNumber=SIMPLIFIED_CHINESE, lazy=True)
    names = {chr(code): name for code, name in song.getBestCmap().items() if is_drawable(chr(code))}
    glyphs = draw_all(song, names | half_width_names(song, names))
    for path, face, missing in SONG_FILLS:
        fill = TTFont(fonts / path, fontNumber=face, lazy=True)
        cmap = fill.getBestCmap()
        glyphs |= draw_all(fill, {character: cmap[ord(character)] for character in missing})
    cut(SONG, song, glyphs)
    COVERAGE.write_text("".join(coverage_lines(map(ord, glyphs))))
    for source, characters in ((KAI, label_characters()), (MONO, [*ASCII, "¥"])):
        font = TTFont(fonts / source.path)
        cmap = font.getBestCmap()
        names = {character: cmap[ord(character)] for character in characters if ord(character) in cmap}
        cut(source, font, draw_all(font, names))


def is_drawable(character: str) -> bool:
    """Whether a character stands for itself: no controls, no combining marks, no parts of syllables."""
    if character in FILLERS or any(ord(character) in block for block in CONJOINING_JAMO):
        return False
    return unicodedata.category(character)[0] not in "CM"


def label_characters() -> list[str]:
    """ASCII and GB 2312 rows 1, 3 and 16–55: symbols, full-width forms and the 3,755 common characters."""
    rows = chain([1, 3], range(16, 56))
    codes = (bytes([0xA0 + row, 0xA0 + cell]) for row in rows for cell in range(1, 95))
    return [*ASCII, *"".join(code.decode("gb2312", "ignore") for code in codes)]


def half_width_names(font: TTFont, names: Mapping[str, str]) -> dict[str, str]:
    """The font's own half-width figures (GSUB feature hwid)."""
    table = font["GSUB"].table
    features = [record.Feature for record in table.FeatureList.FeatureRecord if record.FeatureTag == "hwid"]
    lookups = {index for feature in features for index in feature.LookupListIndex}
    swaps: dict[str, str] = {}
    for index in sorted(lookups):
        for subtable in table.LookupList.Lookup[index].SubTable:
            swaps |= getattr(subtable, "ExtSubTable", subtable).mapping
    return {character: swaps[names[character]] for character in HALF_WIDTH}


def draw_all(font: TTFont, names: Mapping[str, str]) -> dict[str, Glyph]:
    """The glyphs of the characters in `names` (character -> glyph name)."""
    glyphs = font.getGlyphSet()
    scale = 1000 / font["head"].unitsPerEm
    return {character: draw(glyphs, name, scale) for character, name in names.items()}


def cut(source: Source, font: TTFont, outlines: Mapping[str, Glyph]) -> None:
    """Write a glyph file with the measures of `font`."""
    scale = 1000 / font["head"].unitsPerEm
    head, metrics = font["head"], font["OS/2"]
    box = (head.xMin, head.yMin, head.xMax, head.yMax)
    description = Description(
        name=source.name,
        count=len(outlines),
        ascent=round(metrics.sTypoAscender * scale),
        descent=round(metrics.sTypoDescender * scale),
        cap_height=round((getattr(metrics, "sCapHeight", 0) or metrics.sTypoAscender) * scale),
        bbox=(round(box[0] * scale), round(box[1] * scale), round(box[2] * scale), round(box[3] * scale)),
    )
    write_glyph_file(HERE / source.target, description, outlines)


def draw(glyphs: Any, name: str, scale: float) -> Glyph:
    """One outline without hints and subroutines, in 1/1000 em; a width of 1000 is left to the default."""
    advance = round(glyphs[name].width * scale)
    pen = T2CharStringPen(None if advance == 1000 else advance, glyphs)
    glyphs[name].draw(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
    charstring = pen.getCharString(optimize=True)
    charstring.compile()
    return Glyph(advance, charstring.bytecode)


def coverage_lines(codepoints: Iterable[int]) -> list[str]:
    """`4E00-9FFF` lines, ascending, one a run of covered code points."""
    runs: list[list[int]] = []
    for code in sorted(codepoints):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return [f"{first:04X}-{last:04X}\n" for first, last in runs]


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts"))
