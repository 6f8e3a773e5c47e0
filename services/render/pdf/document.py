"""The PDF of an invoice: a pure function, the same bytes for the same invoice (ISO 32000-1, PDF 1.7)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.clock import SHANGHAI
from services.render.pdf.business import business_name
from services.render.pdf.content import characters_of, encode_pieces
from services.render.pdf.face import Face, read_face
from services.render.pdf.file import stream, text_string, write_file
from services.render.pdf.fonts import embed_font, encode_characters, font_file
from services.render.pdf.form import RESOURCES, Form, make_form
from services.render.pdf.layout import MM_PER_POINT, Layout
from services.render.pdf.pages import Leaf, draw_leaves, plan_document


def render_pdf(invoice: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Draw an issued invoice, given as in the API's answer or the issued event.

    Raises Undrawable, or msgspec.ValidationError where a printed field is missing.
    """
    face = read_face(invoice)
    plan = plan_document(face)
    names = tuple([part.layout for part in plan])
    form = make_form(names, business_name(face.special_business), face.mark or "")
    leaves = draw_leaves(face, plan, form.sheets)
    drawn = [pieces for leaf in leaves for pieces in [leaf.head, *leaf.bodies]]
    shown = characters_of((piece for pieces in drawn for piece in pieces), "song")
    codes = {**form.codes, "song": encode_characters(sorted(set(shown)))}
    contents = [encode_pieces(pieces, codes) for pieces in drawn]
    identity = hashlib.sha256(b"\0".join([*contents, "".join(codes["song"]).encode()])).hexdigest()[:32]
    objects = [
        *form.objects,
        *embed_font(font_file("song"), codes["song"], form.song),
        describe(face, form.sheets[0].layout.titles[face.kind].text),
        *page_objects(leaves, contents, form),
    ]
    return write_file(objects, information=form.information, identity=identity)


def describe(face: Face, title: str) -> bytes:
    """The document information dictionary (14.3.3); both dates are the moment of issue in China."""
    moment = f"{face.issued_at.astimezone(SHANGHAI):%Y%m%d%H%M%S}+08'00'"
    name = text_string(f"{title}{face.code or ''}{face.number}")
    return f"<</Title{name}/Producer(OpenFapiao)/CreationDate(D:{moment})/ModDate(D:{moment})>>".encode()


def page_objects(leaves: list[Leaf], contents: list[bytes], form: Form) -> list[bytes]:
    """The page tree; then of each kind of leaf the shared head, and page and body by turns (7.7.3)."""
    objects: list[bytes] = []
    kids = []
    streams = iter(contents)
    for leaf in leaves:
        head = form.pages + 1 + len(objects)
        objects.append(stream(next(streams)))
        size = "" if leaf is leaves[0] else f"/MediaBox{media_box(leaf.sheet.layout)}"
        for _ in leaf.bodies:
            number = form.pages + 1 + len(objects)
            kids.append(f"{number} 0 R")
            page = f"<</Type/Page/Parent {form.pages} 0 R{size}/Contents[{head} 0 R {number + 1} 0 R]>>"
            objects += [page.encode(), stream(next(streams))]
    tree = (
        f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]/MediaBox{media_box(leaves[0].sheet.layout)}"
        f"/Resources {RESOURCES} 0 R>>"
    )
    return [tree.encode(), *objects]


def media_box(layout: Layout) -> str:
    """The page's size in points."""
    return f"[0 0 {layout.width / MM_PER_POINT:.3f} {layout.height / MM_PER_POINT:.3f}]"
