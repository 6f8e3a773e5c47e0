"""Content streams (ISO 32000-1 8 and 9.4): labels as ready operators, values as text to be encoded.

The coordinate system is millimetres from the lower left corner; type sizes are millimetres too.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from services.render.pdf.fonts import font_file
from services.render.pdf.form import native_form
from services.render.pdf.layout import MM_PER_POINT, Entry, Field, FontName, Label, native
from services.render.pdf.text import Setting, fit_box, fit_cell, measure, pitch_at

_INKS = {"label": "0.502 0 0 rg", "specimen": "0.55 g"}
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


def place_text(font: FontName, size: float, x: float, y: float, characters: str) -> Text:
    """One row of text: `size` in points, `x` its left end, `y` its baseline from the top of the page."""
    ink = _INKS["label"] if font == "kai" else "0 g"
    upward = native().height - y
    operators = f"BT {ink} /{font} {size * MM_PER_POINT:.4f} Tf 1 0 0 1 {x:.3f} {upward:.3f} Tm"
    return Text(operators, font, characters)


def draw_label(label: Label) -> str:
    """A fixed text as ready operators."""
    text = "".join(map(native_form().codes["kai"].__getitem__, label.text))
    size, y = label.size * MM_PER_POINT, native().height - label.y
    spacing, reset = (f"{label.spacing:g} Tc ", "0 Tc ") if label.spacing else ("", "")
    return (
        f"BT {_INKS[label.ink]} /kai {size:.4f} Tf {spacing}{label.squeeze:g} 0 0 1 {label.x:.3f} {y:.3f} Tm"
        f"<{text}>Tj {reset}ET\n"
    )


@cache
def draw_labels(labels: tuple[Label, ...]) -> str:
    """Labels in a row, remembered: they are the same in every document."""
    return "".join(map(draw_label, labels))


def draw_section(section: Sequence[Entry], values: Mapping[str, str]) -> list[Piece]:
    """Labels and values in reading order; a field without a value stays empty."""
    pieces: list[Piece] = []
    for entry in section:
        if entry.labels:
            pieces.append(draw_labels(entry.labels))
        if entry.field and values.get(entry.field.name):
            pieces += draw_value(entry.field, values[entry.field.name])
    return pieces


def draw_value(field: Field, text: str) -> list[Piece]:
    """A value in its box."""
    if field.yen and text != "***":
        return draw_money(field, text)
    advances = font_file(field.font).advances
    setting = fit_box(field, text, advances)
    pitch = pitch_at(field, setting.size)
    return draw_rows(field, setting, field.y, pitch)


def draw_money(field: Field, text: str) -> list[Piece]:
    """¥ in the typewriter face, the figure close behind it."""
    advances = font_file("song").advances
    yen = font_file("mono").advances["¥"] * _YEN_SIZE * MM_PER_POINT / 1000
    size = fit_cell(field, text, advances).size
    x = (
        field.x + yen
        if field.align == "left"
        else field.x - measure(text, advances) * size * MM_PER_POINT / 1000
    )
    return [place_text("mono", _YEN_SIZE, x - yen, field.y, "¥"), place_text("song", size, x, field.y, text)]


def draw_rows(field: Field, setting: Setting, y: float, pitch: float) -> list[Piece]:
    """The rows of a value, aligned in its place."""
    advances = font_file(field.font).advances
    share = _SHARE_LEFT_OF_X[field.align] * setting.size * MM_PER_POINT / 1000
    return [
        place_text(field.font, setting.size, field.x - share * measure(row, advances), y + index * pitch, row)
        for index, row in enumerate(setting.rows)
    ]
