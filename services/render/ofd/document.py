"""The OFD of an invoice (GB/T 33190-2016): a pure function, the same bytes for the same invoice."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import msgspec

from services.render.ofd.attachments import attach
from services.render.ofd.form import (
    SONG,
    Form,
    Stationery,
    Template,
    embed_font,
    embed_mono,
    make_form,
)
from services.render.ofd.markup import FOLDER, NAMESPACE, physical_box, write_page, write_part
from services.render.ofd.objects import text_object
from services.render.ofd.original import write_original
from services.render.ofd.package import Part, write_package
from services.render.ofd.root import write_root
from services.render.ofd.shapes import draw_qr, trace_qr
from services.render.ofd.tags import TAG_LIST, Reference, write_tags
from services.render.page.business import business_name
from services.render.page.face import Face, read_face
from services.render.page.pages import Leaf, fill_leaves, share_plan
from services.render.page.runs import PLAIN_MONO, Item, Run
from services.render.structured.einvoice import render_xml
from services.render.structured.invoice import read_invoice
from services.render.structured.markup import encode_document


class Page(NamedTuple):
    """A page over its template."""

    stationery: Stationery
    template: Template
    runs: list[Run]


class Drawn(NamedTuple):
    """Pages as parts, with the ids of the pages; what their objects show; the first id that is free after them."""

    parts: list[Part]
    ids: list[int]
    references: list[Reference]
    next_id: int


def render_ofd(invoice: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """Draw an issued invoice, given as in the API's answer or the issued event.

    Raises Undrawable, or msgspec.ValidationError where a printed field is missing.
    """
    face = read_face(invoice)
    plan = share_plan(face)
    names = tuple([part.layout for part in plan])
    form = make_form(names, business_name(face.special_business), face.mark or "", face.kind)
    leaves = fill_leaves(face, plan, [each.sheet for each in form.stationery])
    pages = list(part_pages(leaves, form))
    characters = sorted(shown_characters(pages, "song"))
    is_plain = shown_characters(pages, "mono").issubset(PLAIN_MONO)
    drawn = draw_pages(face, pages, characters, form.next_id)
    files = structured_files(invoice, face)
    identity = identify(files["einvoice"])
    templates = {page.template.id: page.template for page in pages}
    last_id = drawn.next_id + len(files)
    title = leaves[0].sheet.design.layout.titles[face.kind].text
    return write_package(
        [
            write_part("OFD.xml", write_root(face, title, identity)),
            write_part(
                f"{FOLDER}/Document.xml", write_document(pages, drawn.ids, templates.values(), last_id)
            ),
            *form.parts,
            embed_font(SONG, characters),
            embed_mono(is_plain=is_plain),
            *[template.part for template in templates.values()],
            *drawn.parts,
            TAG_LIST,
            write_part(f"{FOLDER}/Tags/CustomTag.xml", write_tags(drawn.references)),
            *attach(files, face.issued_at, drawn.next_id),
        ]
    )


def structured_files(invoice: Mapping[str, Any] | msgspec.Struct, face: Face) -> dict[str, bytes]:
    """What is attached, in the order in which it is listed."""
    xml = face.xml or render_xml(invoice)
    if face.code is None:
        return {"einvoice": xml}
    original = write_original(read_invoice(invoice), identify(xml))
    return {"original_invoice": encode_document(original), "einvoice": xml}


def identify(xml: bytes) -> str:
    """The document's id: 32 hexadecimal digits that follow from what the invoice says."""
    return hashlib.sha256(xml).hexdigest()[:32]


def part_pages(leaves: Sequence[Leaf], form: Form) -> Iterator[Page]:
    """Every page with its values; its labels are on the template."""
    for leaf, stationery in zip(leaves, form.stationery, strict=True):
        head = only_runs(leaf.head)
        for number, body in enumerate(leaf.bodies, 1):
            template = stationery.last if number == len(leaf.bodies) else stationery.middle
            yield Page(stationery, template, head + only_runs(body))


def only_runs(items: Sequence[Item]) -> list[Run]:
    """Without the labels, which are empty fragments, and without empty rows."""
    return [item for item in items if not isinstance(item, str) and item.text]


def shown_characters(pages: Iterable[Page], font: str) -> set[str]:
    """What the values show in one font."""
    return set().union(*[run.text for page in pages for run in page.runs if run.font == font])


def draw_pages(face: Face, pages: Sequence[Page], characters: Sequence[str], first: int) -> Drawn:
    """Number the objects from `first` and write the pages."""
    numbers = count(first)
    glyphs = {character: glyph for glyph, character in enumerate(characters, 1)}
    code = trace_qr(face.qr_text)
    parts, ids, references = [], [], []
    for index, (stationery, template, runs) in enumerate(pages):
        layout = stationery.sheet.design.layout
        page, layer = next(numbers), next(numbers)
        objects = [draw_qr(next(numbers), layout, code)]
        for run in runs:
            number = next(numbers)
            objects.append(text_object(number, run, stationery.style, glyphs))
            references.append(Reference(run.name, run.line, page, number))
        name = f"{FOLDER}/Pages/Page_{index}/Content.xml"
        parts.append(write_page(name, layout, layer, "".join(objects), template.id))
        ids.append(page)
    return Drawn(parts, ids, references, next(numbers))


def write_document(
    pages: Sequence[Page], ids: Sequence[int], templates: Iterable[Template], last_id: int
) -> str:
    """The root of the document (7.5)."""
    size = physical_box(pages[0].stationery.sheet.design.layout)
    below = "".join([f'<ofd:TemplatePage ID="{each.id}" BaseLoc="{each.path}"/>' for each in templates])
    leaves = "".join(
        [
            f'<ofd:Page ID="{number}" BaseLoc="Pages/Page_{index}/Content.xml"/>'
            for index, number in enumerate(ids)
        ]
    )
    return (
        f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>{last_id}</ofd:MaxUnitID>"
        f"<ofd:PageArea>{size}</ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{below}"
        f"</ofd:CommonData><ofd:Pages>{leaves}</ofd:Pages><ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>"
    )
