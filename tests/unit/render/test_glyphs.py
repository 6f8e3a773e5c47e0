"""The shipped glyph files: what they cover, what they cost, and that the coverage list tells the truth."""

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from services.render.fonts.glyphs import GlyphFile, font_file
from services.render.page.errors import MissingGlyph

pytestmark = pytest.mark.fast
ROOT = Path(__file__).parents[3]
FONTS = ROOT / "services/render/fonts"
# The 196 characters of the table of general standard characters (通用规范汉字表) beyond the first plane.
STANDARD_BEYOND_BMP = (
    "𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀"
    "𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷"
    "𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮"
    "𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)
# What the double-byte part of GB 18030 leaves to its users, by first and second byte.
USERS = [((0xAA, 0xAF), (0xA1, 0xFE)), ((0xF8, 0xFE), (0xA1, 0xFE)), ((0xA1, 0xA7), (0x40, 0xA0))]
# What Python's codec, of the standard's first edition, still takes for private characters.
SINCE_ENCODED = "𠂇𠂉𠃌𡗗𢦏𤇾龴龵龶龷龸龹龺龻︐︑︒︓︔︕︖︗︘︙ḿǹ"


def song() -> GlyphFile:
    return font_file("song")


def double_byte_characters() -> list[str]:
    """Every character of the double-byte part of GB 18030 but those for users, as far as it has any."""
    codes = [
        bytes([first, second])
        for first in range(0x81, 0xFF)
        for second in (*range(0x40, 0x7F), *range(0x80, 0xFF))
        if not any(a <= first <= b and c <= second <= d for (a, b), (c, d) in USERS)
    ]
    decoded = [code.decode("gb18030", "ignore") for code in codes]
    return [character for character in decoded if character and unicodedata.category(character) != "Co"]


def four_byte_characters(first: str, last: str) -> list[str]:
    """A range of the four-byte part, by the codes of its ends."""
    start, end = (linear(bytes.fromhex(code)) for code in (first, last))
    codes = [
        bytes([0x81 + at // 12600, 0x30 + at // 1260 % 10, 0x81 + at // 10 % 126, 0x30 + at % 10])
        for at in range(start, end + 1)
    ]
    return [code.decode("gb18030") for code in codes]


def linear(code: bytes) -> int:
    a, b, c, d = code
    return ((a - 0x81) * 10 + b - 0x30) * 1260 + (c - 0x81) * 10 + d - 0x30


def test_glyphs_cover_gb_18030_level_2() -> None:
    extension_a, since = (
        four_byte_characters("8139EE39", "82358738"),
        four_byte_characters("82358F33", "82359636"),
    )
    assert (len(extension_a), len(since), len(STANDARD_BEYOND_BMP)) == (6530, 74, 196)
    characters = [*double_byte_characters(), *extension_a, *since, *STANDARD_BEYOND_BMP, *SINCE_ENCODED]
    assert len(characters) > 28_500
    assert [character for character in characters if character not in song()] == []


def test_glyphs_cover_gb_2312_symbols() -> None:
    codes = (bytes([row, cell]) for row in range(0xA1, 0xAA) for cell in range(0xA1, 0xFF))
    characters = "".join(code.decode("gb2312", "ignore") for code in codes)
    assert [character for character in characters if character not in song()] == []


@pytest.mark.parametrize("character", "喆镕堃𠮷䶮㛃𬳽曌犇骉")
def test_glyphs_cover_rare_names(character: str) -> None:
    assert song().advances[character] == 1000
    assert len(song().outlines[character]) > 50


def test_glyphs_coverage_list_matches_the_file() -> None:
    lines = (ROOT / "libs/common/glyphs.txt").read_text().split()
    ranges = [[int(end, 16) for end in line.split("-")] for line in lines]
    assert [ord(character) for character in song().characters()] == [
        c for a, b in ranges for c in range(a, b + 1)
    ]


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u0301", "\u3164", "\ufe0f", "\U0001f600"])
def test_glyphs_never_hold_what_cannot_be_seen(character: str) -> None:
    assert character not in song()
    with pytest.raises(MissingGlyph):
        song().advances[character]


def test_glyphs_outlines_end() -> None:
    for name in ("song", "kai", "mono"):
        glyphs = font_file(name)
        assert all(glyphs.outlines[character].endswith(b"\x0e") for character in glyphs.characters()[::50])


def test_glyphs_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FONTS.glob("*.glyphs")) < 25_000_000


def test_glyphs_have_their_licences() -> None:
    for path in FONTS.glob("*.glyphs"):
        licence = (FONTS / "licences" / f"{path.stem}.txt").read_text()
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_glyphs_every_character_read_stays_under_30_mb() -> None:
    script = (
        "from services.render.fonts.glyphs import font_file\n"
        "pages = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "before = pages(); song = font_file('song')\n"
        "for c in song.characters(): song.outlines[c], song.advances[c]\n"
        "print(pages() - before)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    assert int(run.stdout) < 30_000_000
