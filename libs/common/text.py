"""Text as it may stand on an invoice: NFC, every character visible and drawable by the shipped fonts.

Length limits and the places where line feeds are allowed belong to each service's schemas.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from libs.common.problems import FieldError, UnprintableCharacter

_GLYPHS = Path(__file__).with_name("glyphs.txt")

# Control, format (zero-width, bidirectional), surrogate, private use, unassigned, line and paragraph separators.
_UNPRINTABLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Invisible characters of other categories (Unicode's Default_Ignorable_Code_Point).
_INVISIBLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)


def clean_text(text: str, *, line_feeds: bool = False) -> str:
    """The text in NFC; raises UnprintableCharacter for the first character that cannot be printed."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    match = _unprintable(line_feeds).search(text)
    if match is not None:
        raise unprintable_character(match.group())
    return text


def one_line(text: str) -> str:
    """Without line ends and other characters that are not printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def unprintable_character(character: str, *, pointer: str = "") -> UnprintableCharacter:
    """The problem that names the character by code point and name, and the field if it is known."""
    name = name_character(character)
    detail = f"{name} cannot be printed on an invoice."
    detail_zh = f"字符 {name} 无法打印在发票上，请删除或替换。"
    errors = [FieldError(pointer, UnprintableCharacter.code, detail, detail_zh)] if pointer else []
    return UnprintableCharacter(detail, detail_zh=detail_zh, errors=errors, character=name)


def name_character(character: str) -> str:
    """`U+200B ZERO WIDTH SPACE`; characters without a name are told by their category."""
    fallback = {"Cc": "CONTROL CHARACTER", "Co": "PRIVATE USE", "Cs": "SURROGATE"}
    name = unicodedata.name(character, "") or fallback.get(unicodedata.category(character), "UNASSIGNED")
    return f"U+{ord(character):04X} {name}"


@cache
def _unprintable(line_feeds: bool) -> re.Pattern[str]:
    """One compiled class that finds what may not stand in a text."""
    ranges = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _printable_ranges())
    return re.compile(f"[^{ranges}\n]" if line_feeds else f"[^{ranges}]")


def _printable_ranges() -> Iterator[tuple[int, int]]:
    """What the fonts cover, without what no font makes visible."""
    first = None
    for first_covered, last_covered in _covered_ranges():
        for code in range(first_covered, last_covered + 1):
            if _is_printable(code):
                first = code if first is None else first
            elif first is not None:
                yield first, code - 1
                first = None
        if first is not None:
            yield first, last_covered
            first = None


def _is_printable(code: int) -> bool:
    if unicodedata.category(chr(code)) in _UNPRINTABLE_CATEGORIES:
        return False
    return not any(first <= code <= last for first, last in _INVISIBLE)


def _covered_ranges() -> Iterator[tuple[int, int]]:
    """The lines `4E00-9FFF` of glyphs.txt, which is made from the shipped fonts."""
    for line in _GLYPHS.read_text("ascii").split():
        first, _, last = line.partition("-")
        yield int(first, 16), int(last, 16)
