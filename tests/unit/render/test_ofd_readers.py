"""What ofdrw makes of every kind of OFD: no complaint, the same text, the same places, the same picture.

`UPDATE_GOLDEN=1 pytest tests/unit/render/test_ofd_readers.py` keeps its own pictures; look at them before committing.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from ctypes import c_double
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import pytest
import zxingcpp

from services.render.ofd.document import render_ofd
from services.render.pdf.document import render_pdf
from tests.helpers.readers import convert_ofds
from tests.unit.render.ofd_reader import Ofd
from tests.unit.render.poppler import Picture, picture_of
from tests.unit.render.samples import make_invoice
from tests.unit.render.structured_samples import every_invoice
from tests.unit.render.test_pdf_golden import FOLDER, TOLERANCE, decode_png, encode_png, worst_tile

INVOICES = every_invoice() | {"voided": make_invoice(mark="voided")}
PICTURES = [
    ("W01", 1),
    ("W10", 1),
    ("longest_cells", 1),
    ("rare_names", 1),
    ("two_pages", 2),
    ("passengers_many", 2),
    ("remarks_450", 1),
    ("voided", 1),
    ("tax_control_long", 1),
    ("tax_control_listed", 4),
]
GOLDEN = ["W01", "rare_names", "voided", "tax_control_listed"]
TENTH = 0.1 / 25.4 * 72
# Mean difference of a tile, of 255: above what two kinds of outlines make, below a word that is not there.
DIFFERENT = 32
QR_END = 170  # pixels from the upper left corner: programs round the edges of modules in their own ways


class Conversion(NamedTuple):
    """What ofdrw wrote into folders of the invoices' names, and what it complained of."""

    folder: Path
    complaints: list[str]


@pytest.fixture(scope="module")
def conversion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversion]:
    folder = tmp_path_factory.mktemp("ofd")
    paths = [folder / f"{name}.ofd" for name in INVOICES]
    for path in paths:
        path.write_bytes(render_ofd(INVOICES[path.stem]))
    yield Conversion(folder, convert_ofds(paths, folder))
    shutil.rmtree(folder)  # a hundred pictures


def test_ofdrw_opens_and_converts_every_kind_without_a_complaint(conversion: Conversion) -> None:
    assert conversion.complaints == []
    assert {path.name for path in conversion.folder.iterdir() if path.is_dir()} == set(INVOICES)


def test_ofdrw_reads_every_value_as_text(conversion: Conversion) -> None:
    for name, invoice in INVOICES.items():
        read = (conversion.folder / name / "text.txt").read_text(encoding="utf-8")
        assert read.splitlines() == [text.text for text in Ofd(render_ofd(invoice)).values()], name


def test_ofdrw_puts_every_character_where_the_pdf_has_it(conversion: Conversion) -> None:
    for name, invoice in INVOICES.items():
        ours = origins(render_pdf(invoice))
        theirs = origins((conversion.folder / name / "itext.pdf").read_bytes())
        assert theirs.keys() == ours.keys(), name
        for shown, places in ours.items():
            assert len(theirs[shown]) == len(places), (name, shown)
            for x, y in places:
                assert any(abs(x - u) < TENTH and abs(y - v) < TENTH for u, v in theirs[shown]), (name, shown)


@pytest.mark.parametrize(("name", "page"), PICTURES)
def test_ofdrw_gives_the_picture_of_the_pdf(
    conversion: Conversion, name: str, page: int, tmp_path: Path
) -> None:
    theirs, ours = (conversion.folder / name / "itext.pdf").read_bytes(), render_pdf(INVOICES[name])
    pictures = [without_qr(picture_of(document, tmp_path, page)) for document in (theirs, ours)]
    assert worst_tile(*pictures) < DIFFERENT


@pytest.mark.parametrize("name", GOLDEN)
def test_ofdrw_draws_the_page_as_before(conversion: Conversion, name: str) -> None:
    picture = read_picture(conversion.folder / name / "1.pgm")
    path = FOLDER / f"ofdrw-{name}-1.png"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(encode_png(picture))
    assert worst_tile(picture, decode_png(path.read_bytes())) < TOLERANCE


@pytest.mark.parametrize("name", ["W01", "tax_control_ordinary"])
def test_ofdrw_draws_a_qr_code_that_can_be_read(conversion: Conversion, name: str) -> None:
    picture = read_picture(conversion.folder / name / "1.pgm")
    view = memoryview(picture.pixels).cast("B", (picture.height, picture.width))
    [code] = zxingcpp.read_barcodes(view, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    assert code.text == INVOICES[name]["qr_text"]


def origins(pdf: bytes) -> dict[tuple[int, str], list[tuple[float, float]]]:
    """Where the characters of each page begin, in points, as PDFium finds them; white space left out."""
    document = pypdfium2.PdfDocument(pdf)
    found = defaultdict(list)
    for number, page in enumerate(document):
        text = page.get_textpage()
        for index in range(text.count_chars()):
            x, y = c_double(), c_double()
            pypdfium2.raw.FPDFText_GetCharOrigin(text, index, x, y)
            character = chr(pypdfium2.raw.FPDFText_GetUnicode(text, index))
            if not character.isspace():
                found[number, character].append((x.value, y.value))
    document.close()
    return dict(found)


def read_picture(path: Path) -> Picture:
    """A PGM file."""
    pgm = path.read_bytes()
    _, width, height, _ = pgm.split(maxsplit=3)[:4]
    size = int(width) * int(height)
    return Picture(int(width), int(height), pgm[-size:])


def without_qr(picture: Picture) -> Picture:
    """With the code painted over."""
    rows = [picture.pixels[y * picture.width : (y + 1) * picture.width] for y in range(picture.height)]
    painted = [b"\xff" * QR_END + row[QR_END:] if y < QR_END else row for y, row in enumerate(rows)]
    return picture._replace(pixels=b"".join(painted))
