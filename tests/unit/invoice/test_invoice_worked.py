"""The worked invoices and the cases that must be refused, through the schema and the pricing, to the cent."""

from typing import Any

import pytest
from pydantic import ValidationError

from libs.common.problem_answers import invalid_from
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from tests.unit.invoice.making import INVOICES, make_body, make_line, price, refusals_of, worked_body

pytestmark = pytest.mark.fast

NATURES = {"00": "normal", "01": "discount", "02": "discounted"}
ACCEPTED = ["W01", "W02", "W03", "W04", "W05", "W06", "W07", "W08", "W09", "W12", "W15", "W16", "W17"]


def schema_refusals_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """What the schema refuses, as the edge answers it."""
    with pytest.raises(ValidationError) as caught:
        IssueInvoiceRequest.model_validate(body)
    errors = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    return [(error.pointer, error.code) for error in invalid_from(errors).errors]


@pytest.mark.parametrize("name", ACCEPTED)
def test_worked_invoice_comes_back_to_the_cent(name: str) -> None:
    expected = INVOICES[name]
    priced = price(worked_body(expected))
    totals = expected["totals"]
    assert str(priced.totals.amount) == totals["amount"]
    assert str(priced.totals.tax) == totals["tax"]
    assert str(priced.totals.amount_with_tax) == totals["amount_incl"]
    assert priced.totals.amount_with_tax_words == totals["amount_incl_words"]
    assert priced.remarks == expected.get("remark_prefix", "")
    assert len(priced.lines) == len(expected["lines"])


@pytest.mark.parametrize("name", ACCEPTED)
def test_worked_line_comes_back_to_the_cent(name: str) -> None:
    for line, expected in zip(price(worked_body(INVOICES[name])).lines, INVOICES[name]["lines"], strict=True):
        assert line.line_no == expected["line_no"]
        assert line.nature == NATURES[expected["nature"]]
        assert line.name == expected["name"]
        assert line.unit == expected["unit"]
        assert line.tax_class_code == expected["tax_class_code"]
        assert (str(line.amount), str(line.tax)) == (expected["amount"], expected["tax"])
        assert str(line.amount_with_tax) == expected["amount_incl"]
        assert str(line.tax_rate) == expected["tax_rate"]
        assert (line.printed_rate, line.printed_tax) == (expected["print"]["rate"], expected["print"]["tax"])
        assert (line.quantity and str(line.quantity)) == expected["quantity"]
        assert (line.unit_price and str(line.unit_price)) == expected["unit_price_excl"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_worked_invoice_without_short_names_gets_them_from_the_classes(name: str) -> None:
    body = worked_body(INVOICES[name])
    for line in body["lines"]:
        line["name"] = line["name"].split("*")[2]
    assert [line.name for line in price(body).lines] == [line["name"] for line in INVOICES[name]["lines"]]


def test_declared_taxes_one_cent_over_the_invoice_limit_are_refused() -> None:
    assert refusals_of(worked_body(INVOICES["W13"])) == [("/lines", "tax-total-tolerance")]


def test_declared_tax_one_cent_over_the_line_limit_is_refused() -> None:
    assert refusals_of(worked_body(INVOICES["W14"])) == [("/lines/0/tax", "tax-tolerance")]


def test_r01_product_two_cents_off_the_amount_is_refused() -> None:
    line = make_line(quantity="3", unit_price="33.33", amount="100.01")
    assert refusals_of(make_body(line)) == [("/lines/0/amount", "amount-mismatch")]


def test_r01_product_one_cent_off_the_amount_keeps_the_amount() -> None:
    line = make_line(quantity="3", unit_price="33.33", amount="100.00")
    assert str(price(make_body(line)).lines[0].amount) == "100.00"


@pytest.mark.parametrize("discount", [{"amount": "100.01"}, {"amount": "1e5"}])
def test_r02_discount_beyond_its_line_is_refused(discount: dict[str, str]) -> None:
    body = make_body(make_line(amount="100.00", discount=discount))
    if discount["amount"] == "1e5":
        assert schema_refusals_of(body) == [("/lines/0/discount/amount", "not-a-decimal")]
    else:
        assert refusals_of(body) == [("/lines/0/discount", "discount-too-large")]


def test_r03_caller_cannot_place_discount_lines() -> None:
    lines = [make_line(amount="100.00", nature=nature) for nature in ("discounted", "normal", "discount")]
    pointers = [pointer for pointer, _ in schema_refusals_of(make_body(*lines))]
    assert pointers == ["/lines/0/nature", "/lines/1/nature", "/lines/2/nature"]


def test_r04_discount_with_quantity_is_refused() -> None:
    line = make_line(amount="100.00", discount={"amount": "10.00", "quantity": "1"})
    assert schema_refusals_of(make_body(line)) == [("/lines/0/discount/quantity", "extra-forbidden")]


def test_r06_exempt_line_on_special_invoice_is_refused() -> None:
    body = worked_body(INVOICES["W05"]) | {"kind": "digital_special"}
    assert refusals_of(body) == [("/lines/0/policy", "not-on-special")]


def test_r07_special_invoice_without_tax_id_is_refused() -> None:
    body = make_body(kind="digital_special", buyer={"name": "武汉青禾商贸有限公司"})
    assert refusals_of(body) == [("/buyer/tax_id", "buyer-tax-id-required")]


def test_r08_unit_price_without_quantity_is_refused() -> None:
    assert refusals_of(make_body(make_line(unit_price="10"))) == [("/lines/0/quantity", "quantity-missing")]


def test_r09_unit_price_with_14_decimals_is_refused() -> None:
    body = make_body(make_line(quantity="1", unit_price="1.00000000000001"))
    assert schema_refusals_of(body) == [("/lines/0/unit_price", "too-many-decimals")]


def test_r10_totals_that_disagree_are_refused() -> None:
    totals = {"amount": "100.00", "tax": "13.00", "amount_with_tax": "113.01"}
    body = make_body(make_line(amount="100.00"), totals=totals)
    assert refusals_of(body) == [("/totals/amount_with_tax", "totals-mismatch")]
