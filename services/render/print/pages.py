"""The pages of an invoice as they are archived, drawn once more for paper; on stock without rules and labels."""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from services.render.page.business import business_name
from services.render.page.face import Face
from services.render.page.layout import Entry, Label, Layout, load_layout
from services.render.page.pages import fill_part, plan_document
from services.render.page.runs import run_label
from services.render.page.sheet import Design, Sheet, make_designs, make_sheet
from services.render.pdf.operators import draw_crossed_circle, draw_qr, draw_rules, fill
from services.render.print.press import Drawn, Press


def draw_pages(face: Face, press: Press, *, on_stock: bool) -> Iterator[Drawn]:
    """Page by page; `on_stock` leaves out what the paper carries already. Raises Undrawable."""
    for part in plan_document(face):
        layout = load_layout(part.layout)
        # A list (清单) comes on plain paper.
        is_stock = on_stock and layout.list_layout is not None
        design = _choose_design(part.layout, business_name(face.special_business), face.mark or "", is_stock)
        inks = {ink: fill(rgb) for ink, rgb in layout.inks.items()}
        leaf = fill_part(face, part, _write_sheet(design, press))
        rules = "" if is_stock else press.form(part.layout, draw_rules(layout), layout.width, layout.height)
        start = f"{rules}{leaf.sheet.mark}{leaf.title}{draw_qr(face.qr_text, layout)}"
        head = press.write([start, *leaf.head], inks)
        for body in leaf.bodies:
            yield Drawn(layout.width, layout.height, head + press.write(body, inks))


def _write_sheet(design: Design, press: Press) -> Sheet:
    """Labels as operators in the codes of one file."""
    inks = {ink: fill(rgb) for ink, rgb in design.layout.inks.items()}

    def write(labels: Sequence[Label]) -> str:
        return press.write(map(run_label, labels), inks)

    return make_sheet(design, write, circle=draw_crossed_circle(design.layout))


@cache
def _choose_design(name: str, business: str, mark: str, is_stock: bool) -> Design:
    (design,) = make_designs((name,), business, mark)
    return design._replace(layout=strip_labels(design.layout)) if is_stock else design


def strip_labels(layout: Layout) -> Layout:
    """Only what is never pre-printed: that it is a specimen (样票) and no authority's document."""

    def strip(section: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(
            [
                Entry(tuple([label for label in entry.labels if label.ink == "specimen"]), entry.field)
                for entry in section
            ]
        )

    return msgspec.structs.replace(
        layout,
        titles={},
        head=strip(layout.head),
        columns=strip(layout.columns),
        subtotal=strip(layout.subtotal),
        total=strip(layout.total),
        closing=strip(layout.closing),
        foot=strip(layout.foot),
    )
