"""The JSON of an invoice: exactly the public answer, the same bytes again, and what the OpenAPI document says."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice.domain.encoding import decode, decode_invoice, encode, encode_invoice
from services.invoice.domain.figures import plain_decimal
from services.invoice.domain.fingerprint import compute_fingerprint
from services.invoice.domain.invoice import InvoiceLine
from services.invoice.domain.lifecycle import issue
from services.invoice.schemas.answers import InvoiceResponse
from tests.unit.invoice.making import NOW, SELLER, make_body, make_draft, make_line, make_numbering, price

pytestmark = pytest.mark.fast

ANSWER = {
    "id": "00000000-0000-0000-0000-000000000001",
    "kind": "digital_ordinary",
    "number": "26422000000000000001",
    "code": None,
    "check_code": None,
    "status": "issued",
    "reversal": "none",
    "issue_date": "2026-11-24",
    "issued_at": "2026-11-24T06:40:00Z",
    "authority": {
        "channel": "local_blocks",
        "state": "not_submitted",
        "updated_at": "2026-11-24T06:40:00Z",
        "last_error": None,
    },
    "status_updated_at": "2026-11-24T06:40:00Z",
    "expected_final_by": "2026-11-24T06:40:00Z",
    "version": 1,
    "seller": {
        "name": "武汉晴川数码科技有限公司",
        "tax_id": "91420100MA4000012Y",
        "address": "",
        "phone": "",
        "bank_name": "",
        "bank_account": "",
    },
    "buyer": {
        "name": "武汉青禾商贸有限公司",
        "tax_id": "91420100MA4000020R",
        "address": "",
        "phone": "",
        "bank_name": "",
        "bank_account": "",
        "email": "",
        "mobile": "",
        "is_individual": False,
    },
    "lines": [
        {
            "line_no": 1,
            "nature": "normal",
            "name": "*计算机外部设备*键盘",
            "specification": "",
            "unit": "个",
            "tax_class_code": "1090511030000000000",
            "policy": None,
            "quantity": "12",
            "unit_price": "86.5",
            "amount": "1038.00",
            "tax_rate": "0.13",
            "tax": "134.94",
            "amount_with_tax": "1172.94",
            "printed_rate": "13%",
            "printed_tax": "134.94",
        }
    ],
    "totals": {
        "amount": "1038.00",
        "tax": "134.94",
        "amount_with_tax": "1172.94",
        "amount_with_tax_words": "壹仟壹佰柒拾贰圆玖角肆分",
    },
    "qr_text": "01,32,,26422000000000000001,1172.94,20261124,,2541",
    "documents": [],
    "remarks": "",
    "drawer": "张三",
    "payee": "",
    "reviewer": "李四",
    "print": {"seller_bank": True, "seller_address": False, "buyer_bank": False, "buyer_address": False},
    "reference": "SO-1",
    "special_business": None,
    "tags": ["spring-sale"],
    "notes": [],
    "replaces": None,
    "replaced_by": None,
    "red": None,
    "voiding": None,
    "rule_pack": "2026-01-01",
}


def test_issued_invoice_is_the_public_answer_field_by_field() -> None:
    draft = make_draft(drawer="张三", reviewer="李四", print={"seller_bank": True}, tags=["spring-sale"])
    answer = json.loads(encode_invoice(issue(draft, make_numbering(), expected_final_by=NOW, now=NOW)))
    assert len(answer.pop("fingerprint")) == 64
    assert list(answer) == list(ANSWER)
    assert answer == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        make_line(quantity="0.0000001", unit_price="900000000000", discount={"rate": "0.1"}),
        make_line(amount="106.00", tax_rate="0.06", deduction="10.00", tax_included=True),
        make_line(amount="1.00", tax_rate="0", zero_rate="ordinary"),
    ],
)
def test_invoice_survives_its_json_and_agrees_with_the_openapi_model(line: dict[str, object]) -> None:
    invoice = issue(make_draft(line), make_numbering(), expected_final_by=NOW, now=NOW)
    content = encode_invoice(invoice)
    assert decode_invoice(content) == invoice
    assert encode_invoice(decode_invoice(content)) == content
    InvoiceResponse.model_validate_json(content)
    assert decode(encode(invoice.lines), tuple[InvoiceLine, ...]) == invoice.lines


def test_draft_agrees_with_the_openapi_model() -> None:
    InvoiceResponse.model_validate_json(encode_invoice(make_draft()))


@given(st.decimals(Decimal("1e-13"), Decimal("999999999999"), places=13))
def test_figure_in_json_has_no_exponent(figure: Decimal) -> None:
    written = msgspec.json.decode(encode(plain_decimal(figure)))
    assert "E" not in written
    assert Decimal(written) == figure
    assert written == written.rstrip("0") or "." not in written


def test_figure_cannot_be_written_by_another_encoder() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(plain_decimal(Decimal("0.0000001")))


def test_fingerprint_is_equal_only_for_what_says_the_same() -> None:
    body = make_body()
    same = compute_fingerprint(SELLER, price(body))
    assert compute_fingerprint(SELLER, price({**body, "reference": "SO-2", "remarks": "x"})) == same
    others = [
        make_body(make_line(quantity="12", unit_price="86.51", unit="个")),
        make_body(make_line(quantity="12", unit_price="86.5", unit="只")),
        make_body(buyer={"name": "武汉青禾商贸有限公司"}),
    ]
    assert same not in {compute_fingerprint(SELLER, price(other)) for other in others}
