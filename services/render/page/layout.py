"""Where everything stands on a page: the layout files as typed values."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from services.render.fonts.glyphs import FontName
from services.render.page.errors import UnsupportedKind

MM_PER_POINT = 25.4 / 72
FOLDER = Path(__file__).parent

Ink = Literal["value", "label", "specimen", "mark"]
Align = Literal["left", "centre", "right"]
# How much of a text's width lies left of the x of its place.
SHARE_LEFT_OF_X: Mapping[Align, float] = {"left": 0.0, "centre": 0.5, "right": 1.0}


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
    ink: Ink = "label"


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
    align: Align = "left"
    font: FontName = "song"
    ink: Ink = "value"
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


class Block(_Data, frozen=True):
    """What stands in rows below the items, under a heading; a special business also has its name beside the QR code.

    Columns are placed as if their heading were the first row of the table.
    """

    caption: Label | None = None
    columns: tuple[Entry, ...] = ()


class Band(_Data, frozen=True):
    """A filled rectangle: x, y, width, height in mm; red, green, blue."""

    box: tuple[float, float, float, float]
    colour: tuple[int, int, int]


class Drawing(_Data, frozen=True):
    """Lines (x, y to x, y) and shapes of the form, in mm; `specimen` is the box of the oval."""

    rule_width: float
    rules: tuple[tuple[float, float, float, float], ...]
    specimen: tuple[float, float, float, float]
    specimen_width: float = 0.4
    bands: tuple[Band, ...] = ()
    crossed_circle: tuple[float, float, float] | None = None
    cross_width: float = 0.2
    qr: tuple[float, float, float] | None = None


class Layout(_Data, frozen=True):
    """One page design; sections in the order in which they are read.

    `inks` are red, green, blue; rules have that of the labels. `marks` lie under the values of every page. Where
    `shows_contacts`, the form has places for addresses, bank accounts, payee and reviewer, and none of them goes into
    the remarks. A layout with a `list_layout` has one page: what does not fit it goes to pages of that other layout,
    and one line in its place says so. `continuation` is for remarks that their box does not hold.
    """

    width: float
    height: float
    grid: Grid
    inks: dict[Ink, tuple[int, int, int]]
    drawing: Drawing
    head: tuple[Entry, ...]
    columns: tuple[Entry, ...]
    total: tuple[Entry, ...]
    subtotal: tuple[Entry, ...] = ()
    closing: tuple[Entry, ...] = ()
    foot: tuple[Entry, ...] = ()
    page_number: Field | None = None
    titles: dict[str, Label] = {}
    blocks: dict[str, Block] = {}
    continuation: Block = Block()
    marks: dict[str, Label] = {}
    shows_contacts: bool = False
    list_layout: str | None = None

    def labels(self) -> Iterator[Label]:
        """Every fixed text but those of the blocks and the marks."""
        yield from self.titles.values()
        sections = (self.head, self.columns, self.subtotal, self.total, self.closing, self.foot)
        for section in (*sections, self.continuation.columns):
            yield from section_labels(section)


@cache
def load_layout(name: str) -> Layout:
    """The layout of a file beside this one."""
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=Layout)


NATIVE, TAX_CONTROL = "native", "tax_control"


@cache
def layout_of(kind: str) -> str:
    """The name of the layout that has a title for a kind of invoice; raises UnsupportedKind."""
    for name in (NATIVE, TAX_CONTROL):
        if kind in load_layout(name).titles:
            return name
    raise UnsupportedKind(kind)


def section_labels(section: tuple[Entry, ...]) -> list[Label]:
    """The fixed texts of a section."""
    return [label for entry in section for label in entry.labels]


def fields(section: tuple[Entry, ...]) -> list[Field]:
    """The places for values of a section, in reading order."""
    return [entry.field for entry in section if entry.field]
