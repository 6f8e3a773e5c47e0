"""The shipped glyph files: what they cover, what they cost, and that the coverage list tells the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.render.fonts.glyphs import GlyphFile, font_file
from services.render.page.errors import MissingGlyph

pytestmark = pytest.mark.fast
ROOT = Path(__file__).parents[3]
FONTS = ROOT / "services/render/fonts"
# Characters of the table of general standard characters that lie beyond the first plane (part).
STANDARD_BEYOND_BMP = (
    "𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𥔲𥻗𦈡𦒍𦙶𦭜𧿹𨐈𨚕𨭉𨱇𩽾𪟝𪣻𪨰𪩘𫄧𫄨𫇭𫍯𫐄𫓧𫖮𫗧𫘜𫚕𫛭𫞩𫟅𫟹𫠊"
    "𫢸𫫇𫭟𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬂩𬃊𬇕𬉼𬊈𬌗𬍛𬒈𬕂𬘓𬙂𬜬𬞟𬟁𬣙𬤇𬨂𬩽𬪩𬬩𬭁𬮱𬯀𬱖𬳵𬴂𬶋𬷕𬸘𬹼𬺈𬺓"
)


def song() -> GlyphFile:
    return font_file("song")


def test_glyphs_cover_gb_18030_level_2() -> None:
    codes = [*range(0x4E00, 0x9FA6), *range(0x3400, 0x4DB6), *range(0x20, 0x7F)]
    assert [hex(code) for code in codes if chr(code) not in song()] == []
    assert [character for character in STANDARD_BEYOND_BMP if character not in song()] == []


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
