"""What runs in the jail: which invoice a file claims to be, and in what it differs from archived documents. Pure."""

import re
from collections.abc import Iterator, Sequence

import msgspec
import pypdfium2 as pdfium

from services.render.verification import ofd_package, pdf_file
from services.render.verification.documents import (
    FORMATS,
    ORIGINAL,
    Document,
    Format,
    differing_values,
    find_numbers,
    read_document,
)
from services.render.verification.fields import APPEARANCE, PACKAGE, PAGE, Where
from services.render.verification.places import Glyph, Place, differing_places, find_places
from services.render.verification.unreadable import Unreadable
from services.render.verification.xml_tree import Tree, read_tree, refuse_doctype

MOST_NUMBERS = 8
_NUMBER = re.compile(r"(?<!\d)\d{20}(?!\d)")
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{8}(?!\d)")
_CODE = re.compile(r"(?<!\d)(?:\d{12}|\d{10})(?!\d)")
_PAGE_PART = re.compile(r".*/Page_(\d+)/.*")


class Claim(msgspec.Struct, frozen=True):
    """What a file says it is: its format, and code and number of the invoices it names."""

    format: Format
    numbers: list[tuple[str, str]]


class Difference(msgspec.Struct, frozen=True):
    """A field that is not as issued: seen on a page (face), or in the structured values (content)."""

    pointer: str
    where: Where


def read_claim(file_format: Format, content: bytes) -> Claim:
    """`file_format` is pdf, ofd, xml or json; a UBL document is told by its root. Raises Unreadable."""
    if file_format in {"xml", "json"}:
        document = read_document(content)
        if document.format == "original":
            raise Unreadable("The XML is only a part of an OFD.", "该 XML 只是 OFD 的一部分。")
        return Claim(document.format, _distinct(find_numbers(document)))
    claims = _pdf_claims if file_format == "pdf" else _ofd_claims
    return Claim(file_format, _distinct([number for numbers in claims(content) for number in numbers]))


def compare(
    file_format: str, content: bytes, archived: Sequence[bytes], body: bytes
) -> list[list[Difference]]:
    """Of the file from the archived versions of the invoice whose published document is `body`, up to an equal one."""
    compared: list[list[Difference]] = []
    for each in archived:
        if file_format in {"xml", "ubl", "json"}:
            differences = _compare_documents(read_document(each), read_document(content))
        else:
            compare_pages = _compare_pdf if file_format == "pdf" else _compare_ofd
            differences = compare_pages(content, each, find_places(msgspec.json.decode(body)))
        compared.append(differences)
        if not differences:
            break
    return compared


def _compare_documents(mine: Document, theirs: Document) -> list[Difference]:
    return [Difference(pointer, "content") for pointer in differing_values(mine, theirs)]


def _compare_attached(mine: bytes, theirs: bytes) -> list[Difference]:
    """Of a document inside another, as archived and as sent."""
    if mine == theirs:
        return []
    try:
        return _compare_documents(read_document(mine), read_document(theirs))
    except Unreadable:
        return [Difference(PACKAGE, "content")]


def _pdf_claims(content: bytes) -> Iterator[list[tuple[str, str]]]:
    """The enclosed document knows best; but it may be of another invoice than the pages."""
    with pdf_file.open_pdf(content) as document:
        if len(document) == 0:
            raise Unreadable("The PDF has no pages.", "PDF 没有页面。")
        for attached in pdf_file.read_attachments(document).values():
            yield _numbers_of(attached)
        yield _numbers_in(document.get_metadata_value("Title"))
        yield _numbers_in(pdf_file.read_plain_text(document[0]))


def _ofd_claims(content: bytes) -> Iterator[list[tuple[str, str]]]:
    parts = {name: part for name, part in ofd_package.read_package(content).items() if _is_xml(name)}
    for part in parts.values():
        yield _numbers_of(part)
    for name, part in parts.items():
        if name == "OFD.xml" or _page_of(name) == 0:
            yield _numbers_in("\n".join(read_tree(part).values.values()))


def _is_xml(name: str) -> bool:
    return name.lower().endswith(".xml")


def _numbers_of(document: bytes) -> list[tuple[str, str]]:
    """Of an attached document, if it is one of ours at all."""
    try:
        return find_numbers(read_document(document))
    except Unreadable:
        return []


def _numbers_in(text: str) -> list[tuple[str, str]]:
    codes, shorts = _CODE.findall(text)[:2], _SHORT_NUMBER.findall(text)[:2]
    pairs = [(code, number) for code in codes for number in shorts]
    return [*pairs, *(("", number) for number in _NUMBER.findall(text))]


def _distinct(numbers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(numbers))[:MOST_NUMBERS]


def _compare_pdf(content: bytes, archived: bytes, places: Sequence[Sequence[Place]]) -> list[Difference]:
    with pdf_file.open_pdf(content) as theirs, pdf_file.open_pdf(archived) as mine:
        differences = [*_compare_attachments(mine, theirs), *_compare_pages(mine, theirs, places)]
    return _unique(differences)


def _compare_attachments(mine: pdfium.PdfDocument, theirs: pdfium.PdfDocument) -> Iterator[Difference]:
    before, after = pdf_file.read_attachments(mine), pdf_file.read_attachments(theirs)
    if before.keys() != after.keys() or pdf_file.count_scripts(theirs):
        yield Difference(PACKAGE, "content")
    for name in before.keys() & after.keys():
        yield from _compare_attached(before[name], after[name])


def _compare_pages(
    mine: pdfium.PdfDocument, theirs: pdfium.PdfDocument, places: Sequence[Sequence[Place]]
) -> Iterator[Difference]:
    """Text by its places first; how the pages look is asked where it all reads the same."""
    texts = [
        Difference(pointer, "face")
        for index, known in enumerate(_padded(places, len(mine)))
        for pointer in differing_places(_text_of(mine, index), _text_of(theirs, index), known)
    ]
    yield from texts
    if len(mine) != len(theirs):
        yield Difference(PAGE, "face")
    elif not texts and not all(
        pdf_file.looks_alike(mine[index], theirs[index]) for index in range(len(mine))
    ):
        yield Difference(APPEARANCE, "face")


def _text_of(document: pdfium.PdfDocument, index: int) -> list[Glyph]:
    return pdf_file.read_text(document[index]) if index < len(document) else []


def _compare_ofd(content: bytes, archived: bytes, places: Sequence[Sequence[Place]]) -> list[Difference]:
    before, after = ofd_package.read_package(archived), ofd_package.read_package(content)
    differences = [Difference(PACKAGE, "content")] if before.keys() != after.keys() else []
    for name in [name for name in before if before[name] != after.get(name)]:
        differences += _compare_parts(name, before[name], after.get(name, b""), places)
    return _unique(differences)


def _compare_parts(
    name: str, mine: bytes, theirs: bytes, places: Sequence[Sequence[Place]]
) -> list[Difference]:
    """Of one part of the package; a part that is missing is empty."""
    if not _is_xml(name):
        return [Difference(APPEARANCE, "face")]
    refuse_doctype(theirs)
    before, after = read_tree(mine), read_tree(theirs) if theirs else Tree("", {})
    if before == after:
        return []
    page = _page_of(name)
    if page is not None:
        known = places[page] if page < len(places) else ()
        pointers = differing_places(ofd_package.read_text(before), ofd_package.read_text(after), known)
        return [Difference(pointer, "face") for pointer in pointers or [APPEARANCE]]
    if before.root in {*FORMATS, ORIGINAL}:
        return _compare_attached(mine, theirs)
    return [Difference(pointer, "content") for pointer in ofd_package.differing_properties(before, after)]


def _page_of(name: str) -> int | None:
    """The index of the page whose content a part is; templates are none."""
    found = _PAGE_PART.fullmatch(name)
    return int(found[1]) if found and name.endswith("Content.xml") else None


def _padded(places: Sequence[Sequence[Place]], count: int) -> list[Sequence[Place]]:
    return [*places, *[()] * count][:count]


def _unique(differences: Sequence[Difference]) -> list[Difference]:
    return list(dict.fromkeys(differences))
