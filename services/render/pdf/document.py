"""The PDF of an invoice: a pure function, the same bytes for the same invoice (ISO 32000-1, PDF 1.7)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.clock import SHANGHAI
from services.render.pdf.content import (
    Piece,
    characters_of,
    draw_labels,
    draw_rows,
    draw_section,
    draw_value,
    encode_pieces,
)
from services.render.pdf.errors import UnsupportedKind
from services.render.pdf.face import Face, closing_values, head_values, page_values, read_face
from services.render.pdf.file import stream, text_string, write_file
from services.render.pdf.fonts import embed_font, encode_characters, font_file
from services.render.pdf.form import HEAD, INFORMATION, PAGES, SONG, draw_crossed_circle, native_form
from services.render.pdf.layout import MM_PER_POINT, Label, fields, native
from services.render.pdf.qr import draw_qr
from services.render.pdf.table import SetLine, paginate, row_pitch, set_lines


def render_pdf(invoice: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Draw an issued invoice, given as in the API's answer or the issued event.

    Raises Undrawable, or msgspec.ValidationError where a printed field is missing.
    """
    face = read_face(invoice)
    title = find_title(face.kind)
    head = draw_head(face, title)
    bodies = draw_bodies(face)
    shown = characters_of((piece for pieces in [head, *bodies] for piece in pieces), "song")
    codes = {**native_form().codes, "song": encode_characters(sorted(set(shown)))}
    contents = [encode_pieces(pieces, codes) for pieces in [head, *bodies]]
    identity = hashlib.sha256(b"\0".join([*contents, "".join(codes["song"]).encode()])).hexdigest()[:32]
    objects = [
        *native_form().objects,
        *embed_font(font_file("song"), codes["song"], SONG),
        describe(face, title.text),
        *page_objects(contents),
    ]
    return write_file(objects, information=INFORMATION, identity=identity)


def find_title(kind: str) -> Label:
    """The title of a kind of invoice."""
    title = native().titles.get(kind)
    if title is None:
        raise UnsupportedKind(kind)
    return title


def draw_head(face: Face, title: Label) -> list[Piece]:
    """What every page repeats: form, title, QR code, number, date, parties."""
    layout = native()
    scale = f"{1 / MM_PER_POINT:.6f} 0 0 {1 / MM_PER_POINT:.6f} 0 0 cm /form Do\n"
    start = scale + draw_labels((title,)) + draw_qr(face.qr_text, layout)
    return [start, *draw_section(layout.head, head_values(face))]


def draw_bodies(face: Face) -> list[list[Piece]]:
    """The rest of every page; the sums of the whole invoice, words and remarks stand on the last one."""
    layout = native()
    pages = paginate(set_lines(face.lines), layout.grid)
    foot = draw_section(layout.foot, head_values(face))
    bodies = [
        [*draw_items(page, number, len(pages)), *draw_subtotal(page), *foot]
        for number, page in enumerate(pages[:-1], 1)
    ]
    values = closing_values(face)
    last = draw_items(pages[-1], len(pages), len(pages)) + draw_section(layout.total, values)
    last += [draw_crossed_circle(layout), *draw_section(layout.closing, values), *foot]
    return [*bodies, last]


def draw_subtotal(page: list[SetLine]) -> list[Piece]:
    """小计, and the labels of what stands on the last page."""
    layout = native()
    return draw_section(layout.subtotal, page_values([line.line for line in page])) + draw_section(
        layout.closing, {}
    )


def draw_items(page: list[SetLine], number: int, count: int) -> list[Piece]:
    """The page's number, where there are several, and its lines."""
    layout = native()
    pieces = draw_value(layout.page_number, f"共 {count} 页 第 {number} 页") if count > 1 else []
    pieces += draw_section(layout.columns, {})
    columns, top = fields(layout.columns), 0.0
    for line in page:
        for field, cell in zip(columns, line.cells, strict=True):
            if cell.rows[0]:
                pieces += draw_rows(field, cell, field.y + top, row_pitch(line, cell, layout.grid))
        top += line.height * layout.grid.pitch
    return pieces


def describe(face: Face, title: str) -> bytes:
    """The document information dictionary (14.3.3); both dates are the moment of issue in China."""
    moment = f"{face.issued_at.astimezone(SHANGHAI):%Y%m%d%H%M%S}+08'00'"
    name = text_string(f"{title}{face.number}")
    return f"<</Title{name}/Producer(OpenFapiao)/CreationDate(D:{moment})/ModDate(D:{moment})>>".encode()


def page_objects(contents: list[bytes]) -> list[bytes]:
    """Page tree, the shared head, then page and body by turns (7.7.3)."""
    layout = native()
    head, *bodies = contents
    first = HEAD + 1
    box = f"[0 0 {layout.width / MM_PER_POINT:.3f} {layout.height / MM_PER_POINT:.3f}]"
    kids = " ".join([f"{first + 2 * index} 0 R" for index in range(len(bodies))])
    tree = f"<</Type/Pages/Count {len(bodies)}/Kids[{kids}]/MediaBox{box}/Resources 3 0 R>>"
    objects = [tree.encode(), stream(head)]
    for index, body in enumerate(bodies):
        page = f"<</Type/Page/Parent {PAGES} 0 R/Contents[{HEAD} 0 R {first + 2 * index + 1} 0 R]>>"
        objects += [page.encode(), stream(body)]
    return objects
