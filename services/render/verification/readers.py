"""What runs in the jail: which invoice a file claims to be, and in what it differs from archived documents. Pure."""

import re
from collections.abc import Iterator, Sequence

import msgspec
import pypdfium2 as pdfium

from services.render.verification import ofd_package, pdf_file
from services.render.verification.fields import APPEARANCE, PACKAGE, PAGE, Where
from services.render.verification.places import Glyph, Place, differing_places, find_places
from services.render.verification.unreadable import Unreadable
from services.render.verification.xml_fields import FORMATS, differing_values, find_numbers, point_at
from services.render.verification.xml_tree import Tree, read_tree, refuse_doctype

MOST_NUMBERS = 6
_NUMBER = re.compile(r"(?<!\d)\d{20}(?!\d)")
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{8}(?!\d)")
_CODE = re.compile(r"(?<!\d)(?:\d{12}|\d{10})(?!\d)")
_PAGE_PART = re.compile(r".*/Page_(\d+)/.*")


class Claim(msgspec.Struct, frozen=True):
    """What a file says it is: its format, and code and number of the invoices it names."""

    format: str
    numbers: list[tuple[str, str]]


class Difference(msgspec.Struct, frozen=True):
    """A field that is not as issued: seen on a page (face), or in the structured values (content)."""

    pointer: str
    where: Where


def read_claim(file_format: str, content: bytes) -> Claim:
    """`file_format` is pdf, ofd or xml; a UBL document is told by its root. Raises Unreadable."""
    if file_format == "xml":
        tree = _read_document(content)
        return Claim(FORMATS[tree.root], _distinct(find_numbers(tree)))
    claims = _pdf_claims if file_format == "pdf" else _ofd_claims
    return Claim(file_format, _distinct([number for numbers in claims(content) for number in numbers]))


def compare(
    file_format: str, content: bytes, archived: Sequence[bytes], body: bytes
) -> list[list[Difference]]:
    """Of the file from each of the archived versions of the invoice whose published document is `body`."""
    if file_format in {"xml", "ubl"}:
        tree = _read_document(content)
        return [_compare_trees(tree, _read_document(each)) for each in archived]
    places = find_places(msgspec.json.decode(body))
    compare_one = _compare_pdf if file_format == "pdf" else _compare_ofd
    return [compare_one(content, each, places) for each in archived]


def _read_document(content: bytes) -> Tree:
    refuse_doctype(content)
    tree = read_tree(content)
    if tree.root not in FORMATS:
        raise Unreadable("The XML is not an invoice of a known form.", "该 XML 不是已知格式的发票。")
    return tree


def _compare_trees(tree: Tree, archived: Tree) -> list[Difference]:
    if tree.root != archived.root:
        return [Difference(PACKAGE, "content")]
    return [Difference(pointer, "content") for pointer in differing_values(archived, tree)]


def _compare_documents(mine: bytes, theirs: bytes) -> list[Difference]:
    """Of an attached document, as archived and as sent."""
    if mine == theirs:
        return []
    try:
        return _compare_trees(_read_document(theirs), _read_document(mine))
    except Unreadable:
        return [Difference(PACKAGE, "content")]


def _pdf_claims(content: bytes) -> Iterator[list[tuple[str, str]]]:
    with pdf_file.open_pdf(content) as document:
        if len(document) == 0:
            raise Unreadable("The PDF has no pages.", "PDF 没有页面。")
        glyphs = pdf_file.read_text(document[0])
        yield _numbers_in(document[0].get_textpage().get_text_range(0, len(glyphs) * 2))
        yield _numbers_in(document.get_metadata_value("Title"))
        for attached in pdf_file.read_attachments(document).values():
            yield _numbers_of(attached)


def _ofd_claims(content: bytes) -> Iterator[list[tuple[str, str]]]:
    for name, part in ofd_package.read_package(content).items():
        if not name.lower().endswith(".xml"):
            continue
        if name == "OFD.xml" or _page_of(name) == 0:
            yield _numbers_in("\n".join(read_tree(part).values.values()))
        yield _numbers_of(part)


def _numbers_of(document: bytes) -> list[tuple[str, str]]:
    """Of an attached document, if it is one of ours at all."""
    try:
        return find_numbers(_read_document(document))
    except Unreadable:
        return []


def _numbers_in(text: str) -> list[tuple[str, str]]:
    numbers = [("", number) for number in _NUMBER.findall(text)]
    codes, shorts = _CODE.findall(text)[:2], _SHORT_NUMBER.findall(text)[:2]
    return numbers + [(code, number) for code in codes for number in shorts]


def _distinct(numbers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(numbers))[:MOST_NUMBERS]


def _compare_pdf(content: bytes, archived: bytes, places: Sequence[Sequence[Place]]) -> list[Difference]:
    with pdf_file.open_pdf(content) as theirs, pdf_file.open_pdf(archived) as mine:
        differences = [*_compare_attachments(mine, theirs), *_compare_pages(mine, theirs, places)]
    return _unique(differences)


def _compare_attachments(mine: pdfium.PdfDocument, theirs: pdfium.PdfDocument) -> Iterator[Difference]:
    before, after = pdf_file.read_attachments(mine), pdf_file.read_attachments(theirs)
    if before.keys() != after.keys():
        yield Difference(PACKAGE, "content")
    for name in before.keys() & after.keys():
        yield from _compare_documents(before[name], after[name])


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
    if not name.lower().endswith(".xml"):
        return [Difference(APPEARANCE, "face")]
    refuse_doctype(theirs)
    before, after = read_tree(mine), read_tree(theirs) if theirs else Tree("", {})
    if before == after:
        return []
    page = _page_of(name)
    if page is None:
        pointers = differing_values(before, after) if before.root == after.root else [PACKAGE]
        return [Difference(pointer, "content") for pointer in _named(before, after, pointers)]
    known = places[page] if page < len(places) else ()
    pointers = differing_places(ofd_package.read_text(before), ofd_package.read_text(after), known)
    return [Difference(pointer, "face") for pointer in pointers or [APPEARANCE]]


def _named(before: Tree, after: Tree, pointers: list[str]) -> list[str]:
    """What an OFD says of itself stands beside its name (CustomData@Name)."""
    if before.root != "OFD":
        return pointers
    names = {
        path.removesuffix("/@Name"): name for path, name in before.values.items() if path.endswith("/@Name")
    }
    changed = [path for path in before.values if before.values[path] != after.values.get(path)]
    from_names = [point_at(f"/{names.get(path, '')}") for path in changed]
    return list(dict.fromkeys(from_names)) or pointers


def _page_of(name: str) -> int | None:
    """The index of the page whose content a part is; templates are none."""
    found = _PAGE_PART.fullmatch(name)
    return int(found[1]) if found and name.endswith("Content.xml") else None


def _padded(places: Sequence[Sequence[Place]], count: int) -> list[Sequence[Place]]:
    return [*places, *[()] * count][:count]


def _unique(differences: Sequence[Difference]) -> list[Difference]:
    return list(dict.fromkeys(differences))
