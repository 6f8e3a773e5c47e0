"""A PDF from a stranger: its visible text with positions, its attachments, and how its pages look."""

import ctypes
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from services.render.page.layout import MM_PER_POINT
from services.render.verification.places import Glyph
from services.render.verification.unreadable import Unreadable

MOST_CHARACTERS = 20_000  # on a page
MOST_ATTACHMENTS = 8
MOST_FORM_DEPTH = 4
# At 144 dpi: figures of 9 points are 12 pixels high.
SCALE = 2.0
# Programs that write a page anew move edges by up to a pixel; a changed figure has more than this many others.
TELLING_DIFFERENCE = 64
TELLING_PIXELS = 3
MOST_DIFFERING = 50_000


@contextmanager
def open_pdf(content: bytes) -> Iterator[pdfium.PdfDocument]:
    """Raises Unreadable for what is damaged or needs a password."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "assword" in str(error):
            raise Unreadable("The PDF needs a password.", "PDF 已加密，需要密码。") from None
        raise Unreadable("The PDF is damaged or incomplete.", "PDF 已损坏或不完整。") from None
    try:
        yield document
    except (pdfium.PdfiumError, UnicodeDecodeError):
        raise Unreadable("A page of the PDF is damaged.", "PDF 的某一页已损坏。") from None
    finally:
        document.close()


def read_text(page: pdfium.PdfPage) -> list[Glyph]:
    """What a reader can select, without white space."""
    text = page.get_textpage()
    count = text.count_chars()
    if count > MOST_CHARACTERS:
        raise Unreadable("A page holds more text than any invoice.", "某一页的文字多于任何发票。")
    height = page.get_height()
    x, y = ctypes.c_double(), ctypes.c_double()
    glyphs = []
    for index in range(count):
        code = pdfium_raw.FPDFText_GetUnicode(text, index)
        character = chr(code) if code < 0x110000 else "\ufffd"
        if pdfium_raw.FPDFText_IsGenerated(text, index) == 1 or character.isspace():
            continue
        pdfium_raw.FPDFText_GetCharOrigin(text, index, x, y)
        glyphs.append(Glyph(x.value * MM_PER_POINT, (height - y.value) * MM_PER_POINT, character))
    return glyphs


def read_plain_text(page: pdfium.PdfPage) -> str:
    """In the order of the content, row by row."""
    text = page.get_textpage()
    if text.count_chars() > MOST_CHARACTERS:
        raise Unreadable("A page holds more text than any invoice.", "某一页的文字多于任何发票。")
    return str(text.get_text_range())


def read_attachments(document: pdfium.PdfDocument) -> dict[str, bytes]:
    """By name; two of one name would be read by some as the one, by others as the other."""
    count = document.count_attachments()
    if count > MOST_ATTACHMENTS:
        raise Unreadable("The PDF has more attachments than any invoice.", "PDF 的附件多于任何发票。")
    attachments = [document.get_attachment(index) for index in range(count)]
    found = {each.get_name(): bytes(each.get_data()) for each in attachments}
    if len(found) != count:
        raise Unreadable("The PDF has two attachments of one name.", "PDF 有两个同名附件。")
    return found


def count_scripts(document: pdfium.PdfDocument) -> int:
    """Programs that a viewer would run; our documents have none."""
    return int(pdfium_raw.FPDFDoc_GetJavaScriptActionCount(document))


class Look(NamedTuple):
    """What a page is made of besides text: cheap to take, and telling before anything is drawn."""

    kinds: Counter[int]
    pictures: list[tuple[int, int]]
    annotations: int
    is_deep: bool
    size: tuple[int, int]


class Picture(NamedTuple):
    """A page in grey, `width` bytes a row."""

    width: int
    pixels: bytes


# Text is compared as text, and forms (a page in a page) come and go with the program that writes the file.
_NOT_COUNTED = {pdfium_raw.FPDF_PAGEOBJ_TEXT, pdfium_raw.FPDF_PAGEOBJ_FORM}


def look_at(page: pdfium.PdfPage) -> Look:
    """Pictures by their size; they are not decoded. Ours have no forms in forms in forms, where nothing is counted."""
    items = list(page.get_objects(max_depth=MOST_FORM_DEPTH))
    kinds = Counter(item.type for item in items if item.type not in _NOT_COUNTED)
    pictures = sorted(item.get_px_size() for item in items if isinstance(item, pdfium.PdfImage))
    size = (round(page.get_width()), round(page.get_height()))
    forms = (item for item in items if item.type == pdfium_raw.FPDF_PAGEOBJ_FORM)
    is_deep = any(form.level >= MOST_FORM_DEPTH - 1 for form in forms)
    return Look(kinds, pictures, pdfium_raw.FPDFPage_GetAnnotCount(page), is_deep, size)


def looks_alike(mine: pdfium.PdfPage, theirs: pdfium.PdfPage) -> bool:
    """Whether two pages look the same. Only pages that are made of the same things are drawn: no picture is a bomb."""
    if look_at(mine) != look_at(theirs):
        return False
    before, after = _draw(mine), _draw(theirs)
    return before == after or (before.width == after.width and _are_near(before, after))


def _draw(page: pdfium.PdfPage) -> Picture:
    bitmap = page.render(scale=SCALE, grayscale=True)
    return Picture(bitmap.stride, bytes(bitmap.buffer))


def _are_near(before: Picture, after: Picture) -> bool:
    """Whether each has, but for a few pixels, what the other has, within one pixel."""
    pairs = zip(before.pixels, after.pixels, strict=True)
    far = [index for index, (a, b) in enumerate(pairs) if abs(a - b) > TELLING_DIFFERENCE]
    if len(far) > MOST_DIFFERING:
        return False
    lost = sum(_is_lost(before, after, index) or _is_lost(after, before, index) for index in far)
    return lost < TELLING_PIXELS


def _is_lost(before: Picture, after: Picture, index: int) -> bool:
    rows = (index - before.width, index, index + before.width)
    near = [place for row in rows for place in (row - 1, row, row + 1) if 0 <= place < len(after.pixels)]
    return all(abs(before.pixels[index] - after.pixels[place]) > TELLING_DIFFERENCE for place in near)
