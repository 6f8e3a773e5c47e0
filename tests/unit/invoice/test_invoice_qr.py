"""The QR text and its CRC against public and synthetic samples."""

from datetime import date
from decimal import Decimal

import pytest

from services.invoice.domain.kinds import InvoiceKind, QrCode
from services.invoice.domain.qr import build_qr_text, crc16
from tests.unit.invoice.making import RULES

pytestmark = pytest.mark.fast

SAMPLES = [
    ("01,31,,24112000000048542163,4449.00,20240528,,", "B2B6"),
    ("01,10,050001700111,99999951,300.00,20201010,14754822929856772523,", "E400"),
    ("01,32,,26422000000000000001,100.00,20260101,,", "2B02"),
    ("01,31,,26427000000000000001,1957.72,20260131,,", "4BF3"),
    ("01,10,042002500111,00000001,88.50,20250630,12345678901234567890,", "61CE"),
    ("01,32,,26422000000000000015,100.00,20260101,,", "029A"),
    ("123456789", "FEE8"),
]


@pytest.mark.parametrize(("text", "crc"), SAMPLES)
def test_crc_of_sample_is_reproduced(text: str, crc: str) -> None:
    assert crc16(text) == crc


@pytest.mark.parametrize(
    ("kind", "number", "amount", "day", "text"),
    [
        (InvoiceKind.DIGITAL_ORDINARY, "26422000000000000001", "100.00", date(2026, 1, 1), SAMPLES[2]),
        (InvoiceKind.DIGITAL_SPECIAL, "26427000000000000001", "1957.72", date(2026, 1, 31), SAMPLES[3]),
    ],
)
def test_qr_text_of_digital_invoice_is_as_sampled(
    kind: InvoiceKind, number: str, amount: str, day: date, text: tuple[str, str]
) -> None:
    qr_kind = RULES.kinds[kind].codes.qr
    assert qr_kind is not None
    assert build_qr_text(qr_kind, number, Decimal(amount), day) == "".join(text)


@pytest.mark.parametrize("sample", [SAMPLES[1], SAMPLES[4]])
def test_qr_text_of_tax_control_invoice_is_as_sampled(sample: tuple[str, str]) -> None:
    _, qr_kind, code, number, amount, day, check_code, _ = sample[0].split(",")
    assert RULES.qr_code(InvoiceKind.TAX_CONTROL_ORDINARY) == qr_kind
    issue_date = date.fromisoformat(day)
    built = build_qr_text(
        QrCode(qr_kind), number, Decimal(amount), issue_date, code=code, check_code=check_code
    )
    assert built == "".join(sample)
