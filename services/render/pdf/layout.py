"""Where everything stands on the page: native.toml as typed values."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

MM_PER_POINT = 25.4 / 72
NATIVE = Path(__file__).with_name("native.toml")

FontName = Literal["song", "kai", "mono"]


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refuses misspelt keys."""


class Label(_Data, frozen=True):
    """A fixed text, set in kai; `squeeze` scales its width, `spacing` adds mm after each character."""

    text: str
    x: float
    y: float
    size: float = 9.0
    squeeze: float = 1.0
    spacing: float = 0.0
    ink: Literal["label", "specimen"] = "label"


class Field(_Data, frozen=True):
    """A place for a value.

    A value that does not fit in `width` mm wraps and shrinks from `size` to `least` points. In the item table it may
    take `rows` rows before it shrinks; elsewhere as many as fit in `depth` mm below the first baseline, `pitch` mm
    apart at full size. `yen` puts ¥ before a figure.
    """

    name: str
    x: float
    y: float
    width: float
    size: float = 9.0
    least: float = 9.0
    align: Literal["left", "right", "centre"] = "left"
    font: FontName = "song"
    rows: int = 1
    depth: float = 0.0
    pitch: float = 4.5
    yen: bool = False


class Entry(_Data, frozen=True):
    """Labels and the value they announce."""

    labels: tuple[Label, ...] = ()
    field: Field | None = None


class Grid(_Data, frozen=True):
    """The item table: so many text rows a page, `pitch` mm apart."""

    rows: int
    pitch: float


class Band(_Data, frozen=True):
    """A filled rectangle: x, y, width, height in mm; red, green, blue."""

    box: tuple[float, float, float, float]
    colour: tuple[int, int, int]


class Drawing(_Data, frozen=True):
    """Lines (x, y to x, y) and shapes of the form."""

    rule_width: float
    rules: tuple[tuple[float, float, float, float], ...]
    bands: tuple[Band, ...]
    specimen: tuple[float, float, float, float]
    crossed_circle: tuple[float, float, float]
    qr: tuple[float, float, float]


class Layout(_Data, frozen=True):
    """One page design; sections in the order in which they are read."""

    width: float
    height: float
    grid: Grid
    drawing: Drawing
    titles: dict[str, Label]
    head: tuple[Entry, ...]
    columns: tuple[Entry, ...]
    subtotal: tuple[Entry, ...]
    total: tuple[Entry, ...]
    closing: tuple[Entry, ...]
    foot: tuple[Entry, ...]
    page_number: Field

    def labels(self) -> Iterator[Label]:
        """Every fixed text."""
        yield from self.titles.values()
        for section in (self.head, self.columns, self.subtotal, self.total, self.closing, self.foot):
            for entry in section:
                yield from entry.labels


@cache
def native() -> Layout:
    """The 210 × 140 mm page."""
    return msgspec.toml.decode(NATIVE.read_bytes(), type=Layout)


def fields(section: tuple[Entry, ...]) -> list[Field]:
    """The places for values of a section, in reading order."""
    return [entry.field for entry in section if entry.field]
