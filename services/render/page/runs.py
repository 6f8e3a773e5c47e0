"""Values set into their places: runs of one font in one row, between labels that are ready fragments of a format."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.render.fonts.glyphs import FontName, font_file
from services.render.page.face import NO_TAX
from services.render.page.layout import MM_PER_POINT, SHARE_LEFT_OF_X, Field, Ink, Label
from services.render.page.text import Setting, first_baseline, fit_box, fit_cell, measure, pitch_at

# All that is set in the typewriter face on nearly every invoice: tax ids and ¥.
PLAIN_MONO = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ¥"
_YEN_SIZE = 11.0  # points


class Run(NamedTuple):
    """One row of text: `size` in points; `x` its left end and `y` its baseline, in mm from the upper left corner.

    `squeeze` scales its width, `spacing` adds mm after each character. A value has the `name` of its field, and in the
    item table the number of its `line`.
    """

    font: FontName
    size: float
    x: float
    y: float
    text: str
    ink: Ink
    squeeze: float = 1.0
    spacing: float = 0.0
    name: str = ""
    line: int = 0


Item: TypeAlias = str | Run  # a fragment that is ready in the format, or a run that it has still to encode


class Ready(NamedTuple):
    """An entry of a layout: its labels as a fragment, and the place of the value after them."""

    fragment: str
    field: Field | None


def run_label(label: Label, lower: float = 0.0) -> Run:
    """A fixed text, `lower` mm further down."""
    return Run(
        "kai", label.size, label.x, label.y + lower, label.text, label.ink, label.squeeze, label.spacing
    )


def fill_section(section: Sequence[Ready], values: Mapping[str, str]) -> list[Item]:
    """Labels and values in reading order; a field without a value stays empty."""
    items: list[Item] = []
    for fragment, field in section:
        if fragment:
            items.append(fragment)
        if field and values.get(field.name):
            items += run_value(field, values[field.name])
    return items


def run_value(field: Field, text: str) -> list[Run]:
    """A value in its box."""
    if field.yen and text != NO_TAX:
        return run_money(field, text)
    setting = fit_box(field, text, font_file(field.font).advances)
    return run_rows(field, setting, first_baseline(field, setting), pitch_at(field, setting.size))


def run_money(field: Field, text: str) -> list[Run]:
    """¥ in the typewriter face, the figure close behind it."""
    advances = font_file("song").advances
    yen = font_file("mono").advances["¥"] * _YEN_SIZE * MM_PER_POINT / 1000
    size = fit_cell(field, text, advances).size
    x = (
        field.x + yen
        if field.align == "left"
        else field.x - measure(text, advances) * size * MM_PER_POINT / 1000
    )
    return [
        Run("mono", _YEN_SIZE, x - yen, field.y, "¥", field.ink),
        Run("song", size, x, field.y, text, field.ink, name=field.name),
    ]


def run_rows(field: Field, setting: Setting, y: float, pitch: float, *, line: int = 0) -> list[Run]:
    """The rows of a value, aligned in its place."""
    font, size, x, ink, name = field.font, setting.size, field.x, field.ink, field.name
    advances = font_file(font).advances
    share = SHARE_LEFT_OF_X[field.align] * size * MM_PER_POINT / 1000
    return [
        Run(font, size, x - share * measure(row, advances), y + n * pitch, row, ink, name=name, line=line)
        for n, row in enumerate(setting.rows)
    ]
