"""The QR code on the drawn page reads back."""

from pathlib import Path

import pytest
import zxingcpp

from services.render.page.qr import qr_modules
from services.render.pdf.document import render_pdf
from tests.unit.render.poppler import picture_of
from tests.unit.render.samples import make_invoice

pytestmark = pytest.mark.fast
TEXTS = [
    "01,32,,26422000000000000001,1172.94,20261124,,2541",
    "01,31,,26422000000000000001,-9999999999999999.99,20261124,,2b02",
    "01,10,042002500111,00000001,88.50,20250630,12345678901234567890,61CE,",
]


@pytest.mark.parametrize("text", TEXTS)
def test_qr_on_the_page_reads_back(text: str, tmp_path: Path) -> None:
    picture = picture_of(render_pdf(make_invoice(qr_text=text)), tmp_path)
    pixels = memoryview(picture.pixels).cast("B", (picture.height, picture.width))
    found = zxingcpp.read_barcodes(pixels, zxingcpp.BarcodeFormat.QRCode)
    assert [code.text for code in found] == [text]
    corner = found[0].position.top_left
    assert (corner.x / 150 * 25.4, corner.y / 150 * 25.4) == pytest.approx((6.5, 6.0), abs=0.5)


def test_qr_size_is_the_same_for_every_text() -> None:
    assert {len(qr_modules(text)) for text in TEXTS} == {33}
