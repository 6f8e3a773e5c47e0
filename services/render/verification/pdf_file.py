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
# At 72 dpi: figures of 9 points are 6 pixels high.
SCALE = 1.0
# Two programs that write the same page differ in a few pixels along edges by less than this.
TELLING_DIFFERENCE = 96
TELLING_PIXELS = 6


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
    except pdfium.PdfiumError:
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


def read_attachments(document: pdfium.PdfDocument) -> dict[str, bytes]:
    """By name."""
    count = document.count_attachments()
    if count > MOST_ATTACHMENTS:
        raise Unreadable("The PDF has more attachments than any invoice.", "PDF 的附件多于任何发票。")
    attachments = [document.get_attachment(index) for index in range(count)]
    return {each.get_name(): bytes(each.get_data()) for each in attachments}


def count_scripts(document: pdfium.PdfDocument) -> int:
    """Programs that a viewer would run; our documents have none."""
    return int(pdfium_raw.FPDFDoc_GetJavaScriptActionCount(document))


class Look(NamedTuple):
    """What a page is made of besides text: cheap to take, and telling before anything is drawn."""

    kinds: Counter[int]
    pictures: list[tuple[int, int]]
    annotations: int
    size: tuple[int, int]


def look_at(page: pdfium.PdfPage) -> Look:
    """Pictures by their size; they are not decoded. A text object more or less is no difference of its own."""
    kinds: Counter[int] = Counter()
    pictures = []
    for item in page.get_objects(max_depth=MOST_FORM_DEPTH):
        if item.type == pdfium_raw.FPDF_PAGEOBJ_TEXT:
            continue
        kinds[item.type] += 1
        if isinstance(item, pdfium.PdfImage):
            pictures.append(item.get_px_size())
    size = (round(page.get_width()), round(page.get_height()))
    return Look(kinds, sorted(pictures), pdfium_raw.FPDFPage_GetAnnotCount(page), size)


def looks_alike(mine: pdfium.PdfPage, theirs: pdfium.PdfPage) -> bool:
    """Whether two pages look the same. Only pages that are made of the same things are drawn: no picture is a bomb."""
    if look_at(mine) != look_at(theirs):
        return False
    before, after = _draw(mine), _draw(theirs)
    if before == after:
        return True
    if len(before) != len(after):
        return False
    telling = sum(abs(a - b) > TELLING_DIFFERENCE for a, b in zip(before, after, strict=True))
    return telling < TELLING_PIXELS


def _draw(page: pdfium.PdfPage) -> bytes:
    return bytes(page.render(scale=SCALE, grayscale=True).buffer)
