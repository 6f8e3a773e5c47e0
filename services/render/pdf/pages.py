"""The pages of an invoice: which layouts it takes, what every page repeats, what stands on each."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.render.pdf.business import business_name, business_rows
from services.render.pdf.content import Piece, draw_rows, draw_section, draw_value
from services.render.pdf.face import Face, closing_values, head_values, list_line, page_values
from services.render.pdf.form import draw_crossed_circle
from services.render.pdf.layout import MM_PER_POINT, fields, layout_of, load_layout, section_labels
from services.render.pdf.qr import draw_qr
from services.render.pdf.sheet import Sheet, draw_label
from services.render.pdf.table import Row, paginate, set_block, set_lines


class Part(NamedTuple):
    """Pages of one layout, each a run of rows."""

    layout: str
    pages: list[list[Row]]


class Leaf(NamedTuple):
    """The same pages drawn: what each of them repeats, and the rest of each."""

    sheet: Sheet
    head: list[Piece]
    bodies: list[list[Piece]]


HEADING = Row((), (), 1, 0.0, None)


def plan_document(face: Face) -> list[Part]:
    """One part, or two where the lines go to a list (清单). Raises UnsupportedKind and NoRoom."""
    name = layout_of(face.kind)
    layout = load_layout(name)
    if layout.list_layout is None:
        return [plan_pages(face, name)]
    if not business_rows(face.special_business):
        form = plan_pages(face, name)
        if len(form.pages) == 1:
            return [form]
    summary = set_lines([list_line(face)], fields(layout.columns), layout.grid)
    return [Part(name, [summary]), plan_pages(face, layout.list_layout)]


def plan_pages(face: Face, name: str) -> Part:
    """Every line, and the rows of the special business below them, dealt out to pages of one layout."""
    layout = load_layout(name)
    rows = set_lines(face.lines, fields(layout.columns), layout.grid)
    if extra := business_rows(face.special_business):
        block = layout.blocks[business_name(face.special_business)]
        rows += set_block(extra, fields(block.columns), layout.grid)
    return Part(name, paginate(rows, layout.grid, HEADING))


def draw_leaves(face: Face, plan: Sequence[Part], sheets: Sequence[Sheet]) -> list[Leaf]:
    """Every page of the document; `sheets` are the layouts of the plan."""
    return [draw_part(face, part.pages, sheet) for part, sheet in zip(plan, sheets, strict=True)]


def draw_part(face: Face, pages: Sequence[list[Row]], sheet: Sheet) -> Leaf:
    """Pages of one layout; the sums of the whole invoice, words and remarks stand on the last one."""
    head = head_values(face)
    whole = head | closing_values(face, shows_contacts=sheet.layout.shows_contacts)
    foot = draw_section(sheet, sheet.foot, head)
    bodies = []
    for number, page in enumerate(pages, 1):
        body = draw_items(sheet, page, number, len(pages))
        sums = page_values([row.line for row in page if row.line])
        if number < len(pages):
            body += draw_section(sheet, sheet.subtotal, sums) + draw_section(sheet, sheet.closing, {})
        else:
            body += draw_section(sheet, sheet.total, whole | sums)
            body += [draw_crossed_circle(sheet.layout), *draw_section(sheet, sheet.closing, whole)]
        bodies.append(body + foot)
    return Leaf(sheet, draw_head(face, sheet, head), bodies)


def draw_head(face: Face, sheet: Sheet, values: Mapping[str, str]) -> list[Piece]:
    """What every page repeats: form, mark, title, QR code, number, date, parties."""
    points = f"{1 / MM_PER_POINT:.6f}"
    origin = f"{points} 0 0 {points} 0 {sheet.layout.height / MM_PER_POINT:.3f} cm /{sheet.rules} Do\n"
    start = origin + sheet.mark + sheet.titles.get(face.kind, "") + draw_qr(face.qr_text, sheet.layout)
    return [start, *draw_section(sheet, sheet.head, values)]


def draw_items(sheet: Sheet, page: Sequence[Row], number: int, count: int) -> list[Piece]:
    """The page's number, where there are several, and its rows."""
    layout = sheet.layout
    pieces: list[Piece] = []
    if count > 1 and layout.page_number:
        pieces += draw_value(sheet, layout.page_number, f"共 {count} 页 第 {number} 页")
    pieces.append(sheet.columns)
    top = 0.0
    for row in page:
        if row is HEADING:
            pieces.append(draw_heading(sheet, top))
        for field, cell in zip(row.fields, row.cells, strict=True):
            if cell.rows[0]:
                pieces += draw_rows(sheet, field, cell, field.y + top, row.pitch)
        top += row.height * layout.grid.pitch
    return pieces


def draw_heading(sheet: Sheet, lower: float) -> str:
    """The heading of the rows below the items."""
    labels = section_labels(sheet.block.columns)
    return "".join([draw_label(label, sheet.inks, sheet.codes, lower) for label in labels])
