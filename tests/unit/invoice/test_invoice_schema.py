"""The request body: what is read, what is refused and where, and that garbage is only ever refused."""

import copy
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.common.problem_answers import invalid_from
from libs.common.problems import Invalid, Problem, UnprintableCharacter
from services.invoice.domain.parties import PrintFlags
from services.invoice.domain.pricing import price_invoice
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from tests.unit.invoice.making import RULES, make_body, make_line

pytestmark = pytest.mark.fast

FULL = make_body(
    make_line(
        quantity="2",
        unit_price="10",
        tax_included=True,
        discount={"rate": "0.10"},
        specification="A",
        unit="个",
    ),
    make_line(amount="10.00", tax="1.30", policy="refund_100"),
    remarks="第一行\n第二行",
    drawer="张三",
    payee="王五",
    reviewer="李四",
    print={"seller_bank": True, "buyer_address": True},
    taxpayer_id="01990000-0000-7000-8000-000000000001",
    deliver={"channels": ["email"], "to": {"email": "ap@example.cn"}},
    tags=["spring-sale"],
    totals={"amount": "25.93", "tax": "3.37", "amount_with_tax": "29.30"},
)


def problem_of(body: Any) -> Problem:
    """The refusal as the edge answers it."""
    with pytest.raises(ValidationError) as caught:
        IssueInvoiceRequest.model_validate(body)
    return invalid_from([{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()])


def refusals_of(body: Any) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in problem_of(body).errors]


def with_field(pointer: str, value: Any) -> dict[str, Any]:
    """The full body with one field replaced or added."""
    body: Any = copy.deepcopy(FULL)
    *path, last = pointer.split("/")[1:]
    target = body
    for part in path:
        target = target[int(part) if part.isdigit() else part]
    target[last] = value
    return body  # type: ignore[no-any-return]


def test_full_body_is_read() -> None:
    command = IssueInvoiceRequest.model_validate(FULL).to_domain()
    assert price_invoice(command, RULES).remarks == "第一行\n第二行"
    assert command.lines[0].quantity == Decimal(2)
    assert command.deliver is not None
    assert command.deliver.to.email == "ap@example.cn"
    assert str(command.taxpayer_id) == "01990000-0000-7000-8000-000000000001"
    assert (command.payee, command.reviewer) == ("王五", "李四")
    assert command.print == PrintFlags(seller_bank=True, buyer_address=True)


def test_body_without_optional_fields_is_read() -> None:
    body = make_body()
    del body["reference"]
    command = IssueInvoiceRequest.model_validate(body).to_domain()
    assert (command.reference, command.tags, command.deliver) == (None, (), None)


def test_empty_reference_is_none_and_repeated_tags_count_once() -> None:
    command = IssueInvoiceRequest.model_validate(make_body(reference="", tags=["a", "b", "a"])).to_domain()
    assert (command.reference, command.tags) == (None, ("a", "b"))


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/tenant_id", "x", "extra-forbidden"),
        ("/number", "26422000000000000001", "extra-forbidden"),
        ("/status", "issued", "extra-forbidden"),
        ("/lines/0/amont", "1.00", "extra-forbidden"),
        ("/buyer/x", 1, "extra-forbidden"),
        ("/kind", "digital", "enum"),
        ("/kind", None, "enum"),
        ("/lines", [], "too-short"),
        ("/lines", {}, "list-type"),
        ("/lines", [[]], "model-type"),
        ("/lines/0/tax_included", "true", "bool-type"),
        ("/lines/0/tax_included", 1, "bool-type"),
        ("/lines/0/tax_class_code", "109051103", "tax-class-code-format"),
        ("/lines/0/tax_class_code", "7090511030000000000", "tax-class-code-format"),
        ("/lines/0/tax_class_code", "１090511030000000000", "tax-class-code-format"),
        ("/lines/0/tax_class_code", 1090511030000000000, "string-type"),
        ("/lines/0/policy", "03", "enum"),
        ("/lines/0/name", " 　", "blank"),
        ("/lines/0/name", None, "string-type"),
        ("/lines/0/unit", "长" * 23, "string-too-long"),
        ("/lines/0/specification", "长" * 41, "string-too-long"),
        ("/buyer/name", "长" * 101, "string-too-long"),
        ("/buyer/name", "", "blank"),
        ("/buyer/address", "长" * 151, "string-too-long"),
        ("/buyer/phone", "1" * 31, "string-too-long"),
        ("/buyer/bank_name", "长" * 101, "string-too-long"),
        ("/buyer/bank_account", "1" * 51, "string-too-long"),
        ("/buyer/email", "a b@example.cn", "email-format"),
        ("/buyer/email", "a@example.cn,b@example.cn", "email-format"),
        ("/remarks", "长" * 451, "string-too-long"),
        ("/drawer", "长" * 21, "string-too-long"),
        ("/payee", "长" * 21, "string-too-long"),
        ("/reviewer", 1, "string-type"),
        ("/print", True, "model-type"),
        ("/print", {"seller_bank": "Y"}, "bool-type"),
        ("/print", {"seal": True}, "extra-forbidden"),
        ("/reference", "1" * 65, "string-too-long"),
        ("/tags", ["1" * 33], "string-too-long"),
        ("/tags", [""], "blank"),
        ("/taxpayer_id", "x", "uuid-parsing"),
        ("/deliver/channels", [], "too-short"),
        ("/deliver/channels", ["fax"], "enum"),
        ("/special_business", "freight", "dict-type"),
    ],
)
def test_field_that_breaks_a_rule_is_refused(pointer: str, value: Any, code: str) -> None:
    found = refusals_of(with_field(pointer, value))
    assert [(pointer_found.startswith(pointer), code_found) for pointer_found, code_found in found] == [
        (True, code)
    ]


@pytest.mark.parametrize("field", ["name", "tax_class_code", "tax_rate"])
def test_line_without_required_field_is_refused(field: str) -> None:
    line = {key: value for key, value in make_line(amount="1.00").items() if key != field}
    assert refusals_of(make_body(line)) == [(f"/lines/0/{field}", "missing")]


NUMBERS = [
    (1.5, "not-a-decimal"),
    (1.0, "not-a-decimal"),
    (True, "not-a-decimal"),
    ("1e3", "not-a-decimal"),
    ("1e400", "not-a-decimal"),
    ("NaN", "not-a-decimal"),
    ("Infinity", "not-a-decimal"),
    ("", "not-a-decimal"),
    (" 1", "not-a-decimal"),
    ("+1", "not-a-decimal"),
    ("01", "not-a-decimal"),
    ("1.", "not-a-decimal"),
    (".5", "not-a-decimal"),
    ("1,000", "not-a-decimal"),
    ("1_000", "not-a-decimal"),
    ("１", "not-a-decimal"),
    ("1\n", "not-a-decimal"),
    ([], "not-a-decimal"),
    ("9" * 5000, "not-a-decimal"),
    (10**18, "too-many-digits"),
    (2**63, "too-many-digits"),
    (10**4000, "too-many-digits"),
    ("9" * 40, "too-many-digits"),
    ("0", "not-positive"),
    ("-0", "not-positive"),
    ("-0.00", "not-positive"),
    ("0.00", "not-positive"),
    (0, "not-positive"),
    (-1, "not-positive"),
    ("-5.00", "not-positive"),
]


@pytest.mark.parametrize(("value", "code"), NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize("field", ["amount", "unit_price", "quantity"])
def test_number_that_is_no_positive_decimal_is_refused(field: str, value: Any, code: str) -> None:
    assert refusals_of(make_body(make_line(**{field: value}))) == [(f"/lines/0/{field}", code)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", "1.001", "too-many-decimals"),
        ("amount", "1.000", "too-many-decimals"),
        ("amount", "10000000000000000", "too-many-digits"),
        ("quantity", "1000000000000", "too-many-digits"),
        ("quantity", "1.00000000000001", "too-many-decimals"),
        ("tax", "-0.00", "negative"),
        ("tax", "-1.00", "negative"),
        ("tax_rate", "1.1", "too-large"),
        ("tax_rate", "13", "too-many-digits"),
        ("tax_rate", "0.1300000", "too-many-decimals"),
        ("tax_rate", "-0", "negative"),
        ("discount", {"rate": "0"}, "not-positive"),
        ("discount", {"rate": "1.01"}, "too-large"),
        ("discount", {"amount": "-1"}, "not-positive"),
        ("deduction", "0", "not-positive"),
    ],
)
def test_number_beyond_its_bounds_is_refused(field: str, value: Any, code: str) -> None:
    line = make_line(**{"amount": "1.00", field: value})
    assert [code for _, code in refusals_of(make_body(line))] == [code]


@pytest.mark.parametrize(("amount", "text"), [(100, "100"), ("999999999999.9999999999999", None)])
def test_number_at_its_bounds_is_read(amount: Any, text: str | None) -> None:
    request = IssueInvoiceRequest.model_validate(make_body(make_line(quantity=amount, amount="1.00")))
    assert request.lines[0].quantity == Decimal(text or amount)


def test_unprintable_character_is_a_problem_of_its_own_with_the_field() -> None:
    problem = problem_of(with_field("/buyer/name", "武汉\u200b商贸"))
    assert isinstance(problem, UnprintableCharacter)
    assert [error.pointer for error in problem.errors] == ["/buyer/name"]
    assert "U+200B ZERO WIDTH SPACE" in problem.errors[0].detail


def test_text_is_read_in_nfc() -> None:
    request = IssueInvoiceRequest.model_validate(with_field("/buyer/name", "Cafe\u0301"))
    assert request.buyer.name == "Café"


def test_more_than_2000_lines_are_refused() -> None:
    assert refusals_of(make_body(*[make_line(amount="1.00")] * 2001)) == [("/lines", "too-long")]


def test_every_refusal_speaks_two_languages() -> None:
    for error in problem_of(with_field("/lines/0/quantity", "x")).errors:
        assert "plain decimal" in error.detail
        assert "十进制" in error.detail_zh


TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
POINTERS = [
    *(f"/{name}" for name in FULL),
    *(f"/lines/0/{name}" for name in FULL["lines"][0]),
    "/lines/0/discount/rate",
    "/lines/1/tax",
    "/buyer/name",
    "/totals/tax",
    "/deliver/to",
]


@given(JSON)
def test_garbage_is_only_ever_refused(body: Any) -> None:
    assert msgspec.json.encode(problem_of(body).as_dict(instance="/v1/invoices", request_id="r"))


@given(st.sampled_from(POINTERS), JSON)
def test_body_with_a_garbage_field_is_priced_or_refused(pointer: str, value: Any) -> None:
    try:
        price_invoice(IssueInvoiceRequest.model_validate(with_field(pointer, value)).to_domain(), RULES)
    except (ValidationError, Invalid):
        return


def test_schema_of_the_body_is_documented() -> None:
    schema = IssueInvoiceRequest.model_json_schema()
    line = schema["$defs"]["LineRequest"]["properties"]
    assert line["name"]["maxLength"] == 142
    assert line["unit_price"]["anyOf"][0]["pattern"] == "^(?:0|[1-9][0-9]{0,11})(?:\\.[0-9]{1,13})?$"
    assert schema["$defs"]["InvoiceKind"]["enum"][:2] == ["digital_special", "digital_ordinary"]
