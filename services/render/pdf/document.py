"""The PDF of an invoice: a pure function, the same bytes for the same invoice.

PDF 1.7 (ISO 32000-1, whose sections the modules name) and PDF/A-3u (ISO 19005-3).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.render.fonts.glyphs import font_file
from services.render.page.business import business_name
from services.render.page.face import Face, read_face
from services.render.page.layout import MM_PER_POINT, Layout
from services.render.page.pages import Leaf, Part, fill_leaves, share_plan
from services.render.page.runs import PLAIN_MONO, Item
from services.render.pdf.attachment import attach
from services.render.pdf.file import stream, write_file
from services.render.pdf.fonts import embed_font, encode_characters
from services.render.pdf.form import RESOURCES, Subject, Template, make_form
from services.render.pdf.metadata import describe
from services.render.pdf.operators import draw_qr, write_items
from services.render.structured.einvoice import render_xml


def render_pdf(invoice: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Draw an issued invoice, given as in the API's answer or the issued event.

    Raises Undrawable, or msgspec.ValidationError where a printed field is missing.
    """
    face = read_face(invoice)
    plan = share_plan(face)
    form = make_form(find_subject(face, plan))
    leaves = fill_leaves(face, plan, [template.sheet for template in form.templates])
    codes = {**form.codes, "song": encode_characters(value_characters(leaves))}
    contents = [
        content.encode()
        for template, leaf in zip(form.templates, leaves, strict=True)
        for content in write_leaf(face, leaf, template, codes)
    ]
    xml = face.xml or render_xml(invoice)
    identity = hashlib.sha256(b"\0".join([xml, *contents])).hexdigest()[:32]
    objects = [
        *form.objects,
        *embed_font(font_file("song"), codes["song"], form.numbers.song),
        *describe(face, leaves[0].sheet.design.layout.titles[face.kind].text),
        *attach(face, xml, form.numbers.attachment),
        *page_objects(leaves, contents, form.numbers.pages),
    ]
    return write_file(objects, information=form.numbers.information, identity=identity)


def find_subject(face: Face, plan: Sequence[Part]) -> Subject:
    """Which form the document takes; tax ids may hold what few have."""
    figures = {*(face.buyer.tax_id or ""), *(face.seller.tax_id or "")}
    return Subject(
        tuple([part.layout for part in plan]),
        face.kind,
        business_name(face.special_business),
        face.mark or "",
        PLAIN_MONO if figures.issubset(PLAIN_MONO) else "".join(font_file("mono").characters()),
    )


def value_characters(leaves: Iterable[Leaf]) -> list[str]:
    """All that is shown in the font of the values, sorted."""

    def texts(items: Iterable[Item]) -> list[str]:
        return [item.text for item in items if not isinstance(item, str) and item.font == "song"]

    return sorted(
        set().union(*(text for leaf in leaves for part in [leaf.head, *leaf.bodies] for text in texts(part)))
    )


def write_leaf(
    face: Face, leaf: Leaf, template: Template, codes: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Content streams (7.8.2): what each page repeats, then the rest of each."""
    start = template.start + leaf.sheet.mark + leaf.title + draw_qr(face.qr_text, leaf.sheet.design.layout)
    yield write_items([start, *leaf.head], template.inks, codes)
    for body in leaf.bodies:
        yield write_items(body, template.inks, codes)


def page_objects(leaves: Sequence[Leaf], contents: Iterable[bytes], first: int) -> list[bytes]:
    """The page tree, object `first`; then of each kind of leaf the shared head, and page and body by turns (7.7.3)."""
    objects: list[bytes] = []
    kids = []
    streams = iter(contents)
    for leaf in leaves:
        head = first + 1 + len(objects)
        objects.append(stream(next(streams)))
        size = "" if leaf is leaves[0] else f"/MediaBox{media_box(leaf.sheet.design.layout)}"
        for _ in leaf.bodies:
            number = first + 1 + len(objects)
            kids.append(f"{number} 0 R")
            page = (
                f"<</Type/Page/Parent {first} 0 R{size}/Resources {RESOURCES} 0 R"
                f"/Contents[{head} 0 R {number + 1} 0 R]>>"
            )
            objects += [page.encode(), stream(next(streams))]
    box = media_box(leaves[0].sheet.design.layout)
    tree = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]/MediaBox{box}>>"
    return [tree.encode(), *objects]


def media_box(layout: Layout) -> str:
    """The page's size in points."""
    return f"[0 0 {layout.width / MM_PER_POINT:.3f} {layout.height / MM_PER_POINT:.3f}]"
