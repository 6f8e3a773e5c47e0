"""The TrueType fonts of the OFD: every character has its glyph, drawn as the shipped outlines say."""

from io import BytesIO
from itertools import pairwise
from types import SimpleNamespace

import pytest
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.areaPen import AreaPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from services.render.fonts.glyphs import FontName, font_file
from services.render.ofd.charstring import read_contours
from services.render.ofd.document import render_ofd
from services.render.ofd.truetype import build_font
from services.render.page.errors import MissingGlyph
from tests.unit.render.ofd_reader import OFD, Ofd
from tests.unit.render.samples import BUYER, make_invoice
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast
FONTS: tuple[FontName, ...] = ("song", "kai", "mono")
EVERY = 101  # that many glyphs further, the next one is looked at
INVOICES = every_invoice() | {"foreign": make_invoice(buyer=BUYER | {"tax_id": "gb-123(x)/y"})}


# The widths that the glyph files are written for.
WIDTHS = SimpleNamespace(nominalWidthX=0, defaultWidthX=1000)


@pytest.mark.parametrize("font", FONTS)
def test_charstring_is_read_as_others_read_it(font: FontName) -> None:
    for character in font_file(font).characters()[::EVERY]:
        outline = font_file(font).outlines[character]
        pen = RecordingPen()
        T2CharString(outline, private=WIDTHS, globalSubrs=[]).draw(pen)
        theirs = [
            tuple((int(x), int(y)) for x, y in points) for name, points in pen.value if name != "closePath"
        ]
        ours: list[tuple[tuple[int, int], ...]] = []
        for contour in read_contours(outline):
            ours.append((contour.start,))
            ours += [tuple(filter(None, (curve.first, curve.second, curve.end))) for curve in contour.curves]
        assert ours == [points for points in theirs if points], character


@pytest.mark.parametrize("font", FONTS)
def test_font_draws_the_shipped_outlines(font: FontName) -> None:
    characters = font_file(font).characters()[::EVERY]
    built = TTFont(BytesIO(build_font(font, characters)))
    glyphs, names = built.getGlyphSet(), built.getBestCmap()
    for character in characters:
        cubic, quadratic = AreaPen(), AreaPen()
        T2CharString(font_file(font).outlines[character], private=WIDTHS, globalSubrs=[]).draw(cubic)
        glyphs[names[ord(character)]].draw(quadratic)
        # The direction is the other one; a row of the em is 1,000 units of area.
        assert quadratic.value == pytest.approx(-cubic.value, abs=1500), character
        assert built["hmtx"][names[ord(character)]][0] == font_file(font).advances[character]


def test_font_is_valid_to_the_last_table() -> None:
    characters = sorted("武汉晴川 0123456789.%喆镕堃𠮷𫖯𪨰")
    font = build_font("song", characters)
    built = TTFont(BytesIO(font), checkChecksums=2)
    assert set(built.keys()) >= {
        "head",
        "hhea",
        "hmtx",
        "maxp",
        "cmap",
        "loca",
        "glyf",
        "name",
        "OS/2",
        "post",
    }
    for table in built.keys():  # noqa: SIM118 - no mapping: iterating is not offered
        built[table]
    for glyph in built.getGlyphOrder():
        built["glyf"][glyph].expand(built["glyf"])
    assert sum(int.from_bytes(font[at : at + 4]) for at in range(0, len(font), 4)) & 0xFFFFFFFF == 0xB1B0AFBA
    assert [table.format for table in built["cmap"].tables] == [4, 12]
    assert built.getBestCmap() == {
        ord(character): built.getGlyphName(glyph) for glyph, character in enumerate(characters, 1)
    }
    starts = list(pairwise(built["loca"].locations))
    assert all(start % 4 == 0 and start <= end for start, end in starts)


def test_font_missing_glyph_is_an_error() -> None:
    with pytest.raises(MissingGlyph):
        build_font("song", ["\U0001f600"])


@pytest.mark.parametrize("name", ["rare_names", "tax_control_listed", "hostile", "folded", "foreign"])
def test_document_embeds_a_glyph_for_every_character(name: str) -> None:
    ofd = Ofd(render_ofd(INVOICES[name]))
    fonts = {number: TTFont(BytesIO(ofd.parts[part])) for number, part in ofd.resources().items()}
    for text in [*ofd.labels(), *ofd.values()]:
        assert set(map(ord, text.text)) <= set(fonts[text.font].getBestCmap()), text.text


def test_document_names_the_glyphs_of_characters_beyond_two_bytes() -> None:
    ofd = Ofd(render_ofd(INVOICES["rare_names"]))
    song = TTFont(BytesIO(ofd.parts["Doc_0/Res/song.ttf"]))
    named = []
    for element in ofd.pages()[0].iter(f"{OFD}TextObject"):
        units = (element.findtext(f"{OFD}TextCode") or "").encode("utf-16-be")
        for transform in element.findall(f"{OFD}CGTransform"):
            start = 2 * int(transform.attrib["CodePosition"])
            character = units[start : start + 2 * int(transform.attrib["CodeCount"])].decode("utf-16-be")
            glyph = int(transform.findtext(f"{OFD}Glyphs") or "")
            assert song.getBestCmap()[ord(character)] == song.getGlyphName(glyph)
            named.append(character)
    assert named == list("𠮷𫖯𪨰𠮷")
