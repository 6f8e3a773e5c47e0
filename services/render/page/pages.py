"""The pages of an invoice in no format yet: which layouts it takes, what every page repeats, what stands on each."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from services.render.page.business import business_name, business_rows
from services.render.page.face import Face, closing_values, head_values, list_line, page_values
from services.render.page.layout import Layout, fields, layout_of, load_layout, section_labels
from services.render.page.remarks import CONTINUED, set_remarks
from services.render.page.runs import Item, fill_section, run_label, run_rows, run_value
from services.render.page.sheet import Sheet
from services.render.page.table import Row, paginate, set_block, set_lines

# All that is set in kai beside labels.
PAGE_NUMBER_CHARACTERS = "0123456789共页第 "


class Part(NamedTuple):
    """Pages of one layout, each a run of rows, and what stands in the remark area of the last."""

    layout: str
    pages: list[list[Row]]
    remarks: str


class Leaf(NamedTuple):
    """The same pages filled: what each of them repeats over the form and its QR code, and the rest of each."""

    sheet: Sheet
    title: str
    head: list[Item]
    bodies: list[list[Item]]


@lru_cache(maxsize=1)
def share_plan(face: Face) -> list[Part]:
    """The plan, kept for the next format of the same invoice. It is only read."""
    return plan_document(face)


def plan_document(face: Face) -> list[Part]:
    """One part, or two where the lines go to a list (清单). Raises UnsupportedKind and NoRoom."""
    name = layout_of(face.kind)
    layout = load_layout(name)
    remarks = set_remarks(face, layout)
    if layout.list_layout is None:
        return [Part(name, plan_pages(face, layout, remarks.continued), remarks.shown)]
    if not remarks.continued and not business_rows(face.special_business):
        pages = plan_pages(face, layout, ())
        if len(pages) == 1:
            return [Part(name, pages, remarks.shown)]
    summary = set_lines([list_line(face)], fields(layout.columns), layout.grid)
    listed = plan_pages(face, load_layout(layout.list_layout), remarks.continued)
    return [Part(name, [summary], remarks.shown), Part(layout.list_layout, listed, "")]


def plan_pages(face: Face, layout: Layout, continued: Sequence[str]) -> list[list[Row]]:
    """Every line, below them the rows of the special business and of the remarks, on pages of one layout."""
    rows = set_lines(face.lines, fields(layout.columns), layout.grid)
    if extra := business_rows(face.special_business):
        rows += set_block(extra, layout.blocks[business_name(face.special_business)], layout.grid)
    if continued:
        remarks = [{CONTINUED: text.replace("\n", "  ")} for text in continued]
        rows += set_block(remarks, layout.continuation, layout.grid)
    return paginate(rows, layout.grid)


def fill_leaves(face: Face, plan: Sequence[Part], sheets: Sequence[Sheet]) -> list[Leaf]:
    """Every page of the document; `sheets` are those of the plan's layouts."""
    return [fill_part(face, part, sheet) for part, sheet in zip(plan, sheets, strict=True)]


def fill_part(face: Face, part: Part, sheet: Sheet) -> Leaf:
    """Pages of one layout; the sums of the whole invoice, words and remarks stand on the last one."""
    head = head_values(face)
    whole = head | closing_values(face) | {"remarks": part.remarks}
    foot = fill_section(sheet.foot, head)
    bodies = []
    for number, page in enumerate(part.pages, 1):
        body = fill_items(sheet, page, number, len(part.pages))
        sums = page_values([row.line for row in page if row.line])
        if number < len(part.pages):
            body += fill_section(sheet.subtotal, sums) + fill_section(sheet.closing, {})
        else:
            body += fill_section(sheet.total, whole | sums)
            body += [sheet.circle, *fill_section(sheet.closing, whole)]
        bodies.append(body + foot)
    return Leaf(sheet, sheet.titles.get(face.kind, ""), fill_section(sheet.head, head), bodies)


def fill_items(sheet: Sheet, page: Sequence[Row], number: int, count: int) -> list[Item]:
    """The page's number, where there are several, and its rows."""
    layout = sheet.design.layout
    items: list[Item] = []
    if count > 1 and layout.page_number:
        items += run_value(layout.page_number, f"共 {count} 页 第 {number} 页")
    items.append(sheet.columns)
    top = 0.0
    for row in page:
        if row.block and not row.fields:
            items += [run_label(label, top) for label in section_labels(row.block.columns)]
        line = row.line.line_no if row.line else 0
        for field, cell in zip(row.fields, row.cells, strict=True):
            if cell.rows[0]:
                items += run_rows(field, cell, field.y + top, row.pitch, line=line)
        top += row.height * layout.grid.pitch
    return items
