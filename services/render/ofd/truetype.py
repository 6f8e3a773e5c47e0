"""A TrueType font of just the characters that a document shows (OpenType 1.9; table names in the code).

Glyph n (from 1) is the nth character given; glyph 0 is empty. The same characters give the same bytes.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from struct import pack, unpack
from typing import NamedTuple

from services.render.fonts.glyphs import REMEMBERED_OUTLINES, FontName, font_file
from services.render.ofd.glyf import EMPTY, Glyph, make_glyph

_TRUETYPE = 0x00010000
_MAGIC, _WHOLE = 0x5F0F3CF5, 0xB1B0AFBA
_EM = 1000
_MADE = 3_850_070_400  # 1 January 2026 in seconds since 1904; the same in every font
_WORD = 0xFFFFFFFF
_HEAD, _LAST = 12, 0xFFFF
_WINDOWS, _UNICODE_BMP, _UNICODE_FULL = 3, 1, 10


class _Drawn(NamedTuple):
    """A glyph with the checksum of its entry, which is also its share in the table's."""

    glyph: Glyph
    checksum: int


def build_font(font: FontName, characters: Sequence[str], squeeze: float = 1.0) -> bytes:
    """With these characters, which are sorted and at least one, `squeeze` times as wide; raises MissingGlyph."""
    advances = font_file(font).advances
    drawn = [_Drawn(EMPTY, 0), *[_draw(font, character, squeeze) for character in characters]]
    glyphs = [one.glyph for one in drawn]
    entries = b"".join([glyph.entry for glyph in glyphs])
    widths = [_EM, *[round(advances[character] * squeeze) for character in characters]]
    metrics = [number for width, glyph in zip(widths, glyphs, strict=True) for number in (width, glyph.left)]
    tables = {
        b"OS/2": _os2(characters),
        b"cmap": _cmap(list(map(ord, characters))),
        b"glyf": entries,
        b"head": _head(font),
        b"hhea": _hhea(font, max(widths), len(glyphs)),
        b"hmtx": pack(">" + "Hh" * len(glyphs), *metrics),
        b"loca": pack(f">{len(glyphs) + 1}I", *accumulate([len(glyph.entry) for glyph in glyphs], initial=0)),
        b"maxp": _maxp(glyphs),
        b"name": _name(font),
        b"post": pack(">IIhhIIIII", 0x00030000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    return _join(tables, {b"glyf": sum([one.checksum for one in drawn])})


@lru_cache(REMEMBERED_OUTLINES)
def _draw(font: FontName, character: str, squeeze: float) -> _Drawn:
    glyph = make_glyph(font_file(font).outlines[character], squeeze)
    return _Drawn(glyph, _checksum(glyph.entry))


def _join(tables: Mapping[bytes, bytes], known: Mapping[bytes, int]) -> bytes:
    """Directory and tables; `head` receives what makes the sum of the whole file the one of the standard."""
    power = 1 << (len(tables).bit_length() - 1)
    start = pack(
        ">IHHHH", _TRUETYPE, len(tables), power * 16, power.bit_length() - 1, (len(tables) - power) * 16
    )
    padded = {tag: body + bytes(-len(body) % 4) for tag, body in tables.items()}
    checksums = {tag: known[tag] if tag in known else _checksum(body) for tag, body in padded.items()}
    offsets = accumulate(map(len, padded.values()), initial=_HEAD + 16 * len(tables))
    directory = start + b"".join(
        [
            pack(">4sIII", tag, checksums[tag] & _WORD, offset, len(body))
            for (tag, body), offset in zip(tables.items(), offsets, strict=False)
        ]
    )
    total = _checksum(directory) + sum(checksums.values())
    head = padded[b"head"]
    padded[b"head"] = head[:8] + pack(">I", (_WHOLE - total) & _WORD) + head[12:]
    return directory + b"".join(padded.values())


def _checksum(body: bytes) -> int:
    """The sum of the big-endian words; not yet cut to 32 bits."""
    return sum(unpack(f">{len(body) // 4}I", body))


def _cmap(codes: Sequence[int]) -> bytes:
    """Formats 4 and 12: one segment a character, so that nothing has to be searched for runs."""
    small = [(code, glyph) for glyph, code in enumerate(codes, 1) if code < _LAST]
    basic = _segments([code for code, _ in small], [glyph for _, glyph in small])
    groups = [number for glyph, code in enumerate(codes, 1) for number in (code, code, glyph)]
    full = pack(f">HHIII{len(groups)}I", 12, 0, 16 + 4 * len(groups), 0, len(codes), *groups)
    head = pack(">HHHHIHHI", 0, 2, _WINDOWS, _UNICODE_BMP, 20, _WINDOWS, _UNICODE_FULL, 20 + len(basic))
    return head + basic + full


def _segments(codes: Sequence[int], glyphs: Sequence[int]) -> bytes:
    """The subtable of format 4, which ends with the code that stands for no character."""
    count = len(codes) + 1
    bounds = [*codes, _LAST]
    deltas = [*[(glyph - code) & 0xFFFF for code, glyph in zip(codes, glyphs, strict=True)], 1]
    power = 1 << (count.bit_length() - 1)
    search = (2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power))
    numbers = (4, 16 + 8 * count, 0, *search, *bounds, 0, *bounds, *deltas, *[0] * count)
    return pack(f">{len(numbers)}H", *numbers)


@cache
def _head(font: FontName) -> bytes:
    """Without the checksum of the file; offsets in `loca` have four bytes."""
    bbox = font_file(font).description.bbox
    return pack(
        ">IIIIHHQQ4hHHhhh", _TRUETYPE, 0x00010000, 0, _MAGIC, 0b1011, _EM, _MADE, _MADE, *bbox, 0, 8, 2, 1, 0
    )


def _hhea(font: FontName, widest: int, count: int) -> bytes:
    about = font_file(font).description
    left, _, right, _ = about.bbox
    vertical = (about.ascent, about.descent, 0)
    return pack(">I3hH3h3h4hhH", _TRUETYPE, *vertical, widest, left, 0, right, 1, *[0] * 7, count)


def _maxp(glyphs: Sequence[Glyph]) -> bytes:
    points = max([glyph.points for glyph in glyphs])
    contours = max([glyph.contours for glyph in glyphs])
    return pack(">I14H", _TRUETYPE, len(glyphs), points, contours, 0, 0, 2, *[0] * 8)


def _os2(characters: Sequence[str]) -> bytes:
    """Version 4: a regular weight that may be embedded; the metrics that Windows lays out lines with."""
    first, last = (min(ord(character), _LAST) for character in (characters[0], characters[-1]))
    scripts = (_EM, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 250, 0)
    vertical = (880, -120, 0, 1160, 290)
    return pack(
        ">H3H12h10s4I4s3H3h2H2I2h3H",
        *(4, *scripts, bytes(10), 1, 0x08000000, 0, 0, b"OFP "),
        *(64, first, last, *vertical, 1 << 18, 0, 500, 730, 0, 32, 1),
    )


@cache
def _name(font: FontName) -> bytes:
    """Family, style, identifier, full name, version and PostScript name, in Unicode."""
    name = font_file(font).description.name
    texts = {1: name, 2: "Regular", 3: name, 4: name, 5: "Version 1.0", 6: name}
    bodies = [text.encode("utf-16-be") for text in texts.values()]
    starts = accumulate(map(len, bodies), initial=0)
    records = [
        pack(">6H", _WINDOWS, _UNICODE_BMP, 0x0409, number, len(body), start)
        for number, body, start in zip(texts, bodies, starts, strict=False)
    ]
    return pack(">3H", 0, len(texts), 6 + 12 * len(texts)) + b"".join(records) + b"".join(bodies)
