"""Content streams (ISO 32000-1 9.4): values as text to be encoded, between labels that are ready operators."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.render.pdf.fonts import font_file
from services.render.pdf.layout import MM_PER_POINT, Field, FontName
from services.render.pdf.sheet import Ready, Sheet
from services.render.pdf.text import Setting, fit_box, fit_cell, measure, pitch_at

_YEN_SIZE = 11.0
_SHARE_LEFT_OF_X = {"left": 0.0, "centre": 0.5, "right": 1.0}


class Text(NamedTuple):
    """A value to show: the operators before the string, its font and characters."""

    operators: str
    font: str
    characters: str


Piece = str | Text  # ready operators, or text whose codes depend on the document's font


def encode_pieces(pieces: Iterable[Piece], codes: Mapping[str, Mapping[str, str]]) -> bytes:
    """The stream's bytes, once the codes of every font are known."""
    return "".join(
        [
            piece
            if isinstance(piece, str)
            else f"{piece.operators}<{''.join(map(codes[piece.font].__getitem__, piece.characters))}>Tj ET\n"
            for piece in pieces
        ]
    ).encode()


def characters_of(pieces: Iterable[Piece], font: str) -> str:
    """All that is shown in a font."""
    return "".join(
        [piece.characters for piece in pieces if not isinstance(piece, str) and piece.font == font]
    )


def place_text(font: FontName, size: float, x: float, y: float, characters: str, *, ink: str) -> Text:
    """One row of text: `size` in points, `x` its left end, `y` its baseline from the top of the page."""
    return Text(
        f"BT {ink} /{font} {size * MM_PER_POINT:.4f} Tf 1 0 0 1 {x:.3f} {-y:.3f} Tm", font, characters
    )


def draw_section(sheet: Sheet, section: Sequence[Ready], values: Mapping[str, str]) -> list[Piece]:
    """Labels and values in reading order; a field without a value stays empty."""
    pieces: list[Piece] = []
    for operators, field in section:
        if operators:
            pieces.append(operators)
        if field and values.get(field.name):
            pieces += draw_value(sheet, field, values[field.name])
    return pieces


def draw_value(sheet: Sheet, field: Field, text: str) -> list[Piece]:
    """A value in its box."""
    if field.yen and text != "***":
        return draw_money(sheet, field, text)
    setting = fit_box(field, text, font_file(field.font).advances)
    return draw_rows(sheet, field, setting, field.y, pitch_at(field, setting.size))


def draw_money(sheet: Sheet, field: Field, text: str) -> list[Piece]:
    """¥ in the typewriter face, the figure close behind it."""
    advances = font_file("song").advances
    yen = font_file("mono").advances["¥"] * _YEN_SIZE * MM_PER_POINT / 1000
    size = fit_cell(field, text, advances).size
    x = (
        field.x + yen
        if field.align == "left"
        else field.x - measure(text, advances) * size * MM_PER_POINT / 1000
    )
    ink = sheet.inks[field.ink]
    return [
        place_text("mono", _YEN_SIZE, x - yen, field.y, "¥", ink=ink),
        place_text("song", size, x, field.y, text, ink=ink),
    ]


def draw_rows(sheet: Sheet, field: Field, setting: Setting, y: float, pitch: float) -> list[Piece]:
    """The rows of a value, aligned in its place."""
    advances, ink = font_file(field.font).advances, sheet.inks[field.ink]
    share = _SHARE_LEFT_OF_X[field.align] * setting.size * MM_PER_POINT / 1000
    return [
        place_text(
            field.font,
            setting.size,
            field.x - share * measure(row, advances),
            y + index * pitch,
            row,
            ink=ink,
        )
        for index, row in enumerate(setting.rows)
    ]
