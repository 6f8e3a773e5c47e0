"""Where on the pages of an invoice each of its fields stands, so that text that differs can be called by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.render.page.face import read_face
from services.render.page.layout import SHARE_LEFT_OF_X, Field, Layout, fields, load_layout
from services.render.page.pages import plan_document
from services.render.page.remarks import CONTINUED
from services.render.page.table import Row
from services.render.verification.fields import PAGE

# Altered text may be longer than what stood there; what is further away belongs to no field.
REACH_MM = 3.0
# Texts of one row have the same baseline, but for what writing them in another format loses.
SAME_ROW_MM = 0.8

_POINTERS = {
    "buyer_name": "/buyer/name",
    "buyer_tax_id": "/buyer/tax_id",
    "buyer_contact": "/buyer/address",
    "buyer_bank": "/buyer/bank_account",
    "seller_name": "/seller/name",
    "seller_tax_id": "/seller/tax_id",
    "seller_contact": "/seller/address",
    "seller_bank": "/seller/bank_account",
    "total_amount": "/totals/amount",
    "total_tax": "/totals/tax",
    "words": "/totals/amount_with_tax_words",
    "amount_with_tax": "/totals/amount_with_tax",
    "page_amount": "/totals/page",
    "page_tax": "/totals/page",
}
_CELLS = {"printed_rate": "tax_rate", "printed_tax": "tax", "position": "line_no"}


class Glyph(NamedTuple):
    """A character as shown: its left end and baseline in mm from the upper left corner of its page."""

    x: float
    y: float
    character: str


class Place(NamedTuple):
    """A field's box: baselines of its rows from `top` to `bottom`."""

    pointer: str
    left: float
    right: float
    top: float
    bottom: float

    def distance(self, x: float, y: float) -> float:
        return max(self.left - x, 0.0, x - self.right) + max(self.top - y, 0.0, y - self.bottom)


def find_places(invoice: Mapping[str, Any]) -> list[list[Place]]:
    """By page, for the invoice as published."""
    face = read_face(invoice)
    numbers = {id(line): index for index, line in enumerate(face.lines)}
    pages = []
    for part in plan_document(face):
        layout = load_layout(part.layout)
        last = len(part.pages) - 1
        for index, rows in enumerate(part.pages):
            pages.append([*_sections(layout, is_last=index == last), *_rows(rows, layout, numbers)])
    return pages


def _sections(layout: Layout, *, is_last: bool) -> Iterator[Place]:
    sections = (layout.head, layout.total if is_last else layout.subtotal, layout.closing, layout.foot)
    for field in [field for section in sections for field in fields(section)]:
        pointer = _POINTERS.get(field.name, f"/{field.name}")
        yield _place(pointer, field, field.y, field.y + field.depth)


def _rows(rows: Sequence[Row], layout: Layout, numbers: Mapping[int, int]) -> Iterator[Place]:
    lower = 0.0
    for row in rows:
        for field in row.fields:
            top = field.y + lower
            bottom = top + (row.height - 1) * layout.grid.pitch
            yield _place(_point_at(row, field.name, numbers), field, top, bottom)
        lower += row.height * layout.grid.pitch


def _point_at(row: Row, name: str, numbers: Mapping[int, int]) -> str:
    """A row below the lines is of a special business or continues the remarks; one may stand for all lines (清单)."""
    if row.line is None:
        return "/remarks" if name == CONTINUED else "/special_business"
    index = numbers.get(id(row.line))
    return "/lines" if index is None else f"/lines/{index}/{_CELLS.get(name, name)}"


def _place(pointer: str, field: Field, top: float, bottom: float) -> Place:
    left = field.x - SHARE_LEFT_OF_X[field.align] * field.width
    return Place(pointer, left, left + field.width, top, bottom)


def read_places(glyphs: Iterable[Glyph], places: Sequence[Place]) -> dict[str, str]:
    """The text in each field's place, row by row; what stands in none of them is the page's."""
    found: dict[str, list[Glyph]] = {}
    for glyph in glyphs:
        nearest = min(places, key=lambda place: place.distance(glyph.x, glyph.y), default=None)
        is_near = nearest is not None and nearest.distance(glyph.x, glyph.y) <= REACH_MM
        found.setdefault(nearest.pointer if nearest and is_near else PAGE, []).append(glyph)
    return {pointer: in_reading_order(each) for pointer, each in found.items()}


def in_reading_order(glyphs: Iterable[Glyph]) -> str:
    """Row by row, from the left."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.y):
        if rows and glyph.y - rows[-1][-1].y < SAME_ROW_MM:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return "\n".join("".join(glyph.character for glyph in sorted(row)) for row in rows)


def differing_places(mine: Sequence[Glyph], theirs: Sequence[Glyph], places: Sequence[Place]) -> list[str]:
    """Pointers of the fields whose text on this page is not the same."""
    if sorted(_rounded(mine)) == sorted(_rounded(theirs)):
        return []
    before, after = read_places(mine, places), read_places(theirs, places)
    return [
        pointer
        for pointer in dict.fromkeys([*before, *after])
        if before.get(pointer, "") != after.get(pointer, "")
    ]


def _rounded(glyphs: Iterable[Glyph]) -> list[tuple[float, float, str]]:
    return [(round(glyph.x, 1), round(glyph.y, 1), glyph.character) for glyph in glyphs]
