"""What tells an issued invoice from all others where it has a code: its number's form, check code and QR text."""

import pytest

from services.invoice.domain.invoice import Status
from services.invoice.domain.kinds import InvoiceKind, QrCode
from services.invoice.domain.lifecycle import issue
from services.invoice.domain.numbering import Numbering
from tests.unit.invoice.making import DAY, NOW, RULES, make_draft

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("42002611304", "00000001"),
        ("042002600104", "0000001"),
        ("042002600104", "26422000000000000001"),
        ("04200260010x", "00000001"),
        ("", "00000001"),
    ],
)
def test_code_and_number_of_another_form_are_no_numbering(code: str, number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        Numbering(number, DAY, QrCode("04"), code)


@pytest.mark.parametrize(
    ("kind", "code", "has_check_code"),
    [
        ("paper_special", "4200261130", False),
        ("paper_ordinary", "042002600104", True),
        ("tax_control_special", "042002600113", False),
        ("tax_control_ordinary", "042002600111", True),
    ],
)
def test_invoice_of_stock_names_code_amount_without_tax_and_check_code(
    kind: str, code: str, has_check_code: bool
) -> None:
    qr_kind = RULES.qr_code(InvoiceKind(kind))
    draft = make_draft(kind=kind)
    first, again = (
        issue(draft, Numbering(number, DAY, qr_kind, code), expected_final_by=NOW, now=NOW)
        for number in ("00000012", "00000013")
    )
    assert (first.code, first.number, first.status) == (code, "00000012", Status.ISSUED)
    check_code = first.check_code or ""
    assert len(check_code) == (20 if has_check_code else 0)
    text = f"01,{qr_kind},{code},00000012,{draft.totals.amount},{DAY:%Y%m%d},{check_code},"
    assert (first.qr_text or "").startswith(text)
    assert (first.check_code == again.check_code) is not has_check_code
