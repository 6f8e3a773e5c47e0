"""Pricing by rule: forms of a line, taxes, discounts, coupons, difference taxation and the reduced levy."""

from decimal import Decimal
from typing import Any

import pytest

from services.invoice.domain.coupon import split_by_weight
from tests.helpers.tax_ids import make_identity_card, make_tax_id
from tests.unit.invoice.making import make_body, make_line, price, refusals_of

pytestmark = pytest.mark.fast

LEASE = {"name": "住房租赁", "tax_class_code": "3040502020101000000", "tax_rate": "0.015"}
REDUCED = "simplified_5_reduced_1_5"


def sums_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(line.amount), str(line.tax)) for line in price(body).lines]


@pytest.mark.parametrize(
    ("fields", "sums"),
    [
        ({"amount": "100"}, ("100.00", "13.00")),
        ({"amount": 100}, ("100.00", "13.00")),
        ({"amount": "113.00", "tax_included": True}, ("100.00", "13.00")),
        ({"quantity": "3", "unit_price": "0.333"}, ("1.00", "0.13")),
        ({"quantity": "1", "unit_price": "432.50"}, ("432.50", "56.23")),
        ({"amount": "100.00", "tax": "13.06"}, ("100.00", "13.06")),
        ({"amount": "100.00", "tax": "12.94"}, ("100.00", "12.94")),
        ({"amount": "113.00", "tax_included": True, "tax": "13.05"}, ("99.95", "13.05")),
        ({"amount": "100.00", "tax": 13}, ("100.00", "13.00")),
        ({"quantity": "0.0000000000001", "unit_price": "999999999999"}, ("0.10", "0.01")),
    ],
)
def test_line_of_a_form_has_its_sums(fields: dict[str, Any], sums: tuple[str, str]) -> None:
    assert sums_of(make_body(make_line(**fields))) == [sums]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({}, "/lines/0/amount", "amount-missing"),
        ({"quantity": "1"}, "/lines/0/amount", "amount-missing"),
        ({"unit_price": "1", "amount": "1.00"}, "/lines/0/quantity", "quantity-missing"),
        ({"quantity": "0.001", "unit_price": "1"}, "/lines/0/amount", "amount-is-zero"),
        ({"quantity": "99999999999", "unit_price": "999999999999"}, "/lines/0/amount", "amount-too-large"),
        ({"amount": "0.01", "quantity": "999999999999"}, "/lines/0/quantity", "unit-price-not-exact"),
        ({"amount": "9000.00", "quantity": "0.0000000000001"}, "/lines/0/quantity", "unit-price-not-exact"),
        ({"amount": "0.05", "tax": "0.06", "tax_included": True}, "/lines/0/amount", "amount-is-zero"),
        ({"amount": "100.00", "tax": "12.93"}, "/lines/0/tax", "tax-tolerance"),
        (
            {"amount": "1.00", "tax_rate": "0", "policy": "exempt", "tax": "0.01"},
            "/lines/0/tax",
            "tax-tolerance",
        ),
        ({"amount": "100.00", "tax_rate": "0.17"}, "/lines/0/tax_rate", "rate-not-allowed"),
        ({"amount": "100.00", "tax_rate": "0.015"}, "/lines/0/policy", "rate-needs-policy"),
        ({"amount": "1.00", "policy": "simplified_5"}, "/lines/0/tax_rate", "policy-rate-mismatch"),
        ({"amount": "1.00", "policy": "exempt"}, "/lines/0/tax_rate", "policy-rate-mismatch"),
        (
            {"amount": "1.00", "policy": "refund_100", "tax_rate": "0"},
            "/lines/0/tax_rate",
            "policy-rate-mismatch",
        ),
        ({"amount": "1.00", "tax_rate": "0"}, "/lines/0/zero_rate", "zero-rate-unexplained"),
        ({"amount": "1.00", "zero_rate": "ordinary"}, "/lines/0/zero_rate", "zero-rate-needs-rate-0"),
        (
            {"amount": "1.00", "tax_rate": "0", "zero_rate": "export"},
            "/lines/0/zero_rate",
            "zero-rate-policy-mismatch",
        ),
        (
            {"amount": "1.00", "tax_rate": "0", "policy": "not_taxable"},
            "/lines/0/tax_class_code",
            "policy-needs-class-6",
        ),
        (
            {"amount": "1.00", "tax_class_code": "6010000000000000000"},
            "/lines/0/policy",
            "class-needs-not-taxable",
        ),
        ({"amount": "1.00", "discount": {}}, "/lines/0/discount", "discount-form"),
        (
            {"amount": "1.00", "discount": {"rate": "0.1", "amount": "0.1"}},
            "/lines/0/discount",
            "discount-form",
        ),
        ({"amount": "0.01", "discount": {"rate": "0.1"}}, "/lines/0/discount", "discount-is-zero"),
        ({"amount": "1.00", "discount": {"rate": "1"}}, "/lines", "total-is-zero"),
        ({"amount": "1.00", "tax_class_code": "1990000000000000000"}, "/lines/0/name", "short-name-unknown"),
        ({"amount": "1.00", "name": "*谷物*"}, "/lines/0/name", "blank"),
        ({"amount": "1.00", "name": "* *燕麦"}, "/lines/0/name", "blank"),
        ({"amount": "1.00", "name": "长" * 101}, "/lines/0/name", "name-too-long"),
        ({"amount": "1.00", "name": f"*{'长' * 41}*燕麦"}, "/lines/0/name", "short-name-too-long"),
        ({"amount": "1.00", "deduction": "0.10"}, "/lines/0/tax_included", "tax-included-needed"),
        (
            {"amount": "1.00", "deduction": "1.01", "tax_included": True},
            "/lines/0/deduction",
            "deduction-too-large",
        ),
        ({**LEASE, "amount": "5250.00", "policy": REDUCED}, "/lines/0/tax_included", "tax-included-needed"),
    ],
)
def test_line_that_breaks_a_rule_is_refused(fields: dict[str, Any], pointer: str, code: str) -> None:
    assert refusals_of(make_body(make_line(**fields))) == [(pointer, code)]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"kind": "motor_vehicle"}, "/kind", "kind-not-available"),
        ({"kind": "toll"}, "/kind", "kind-not-available"),
        ({"special_business": {"type": "toll"}}, "/special_business", "special-business-not-supported"),
        ({"special_business": {}}, "/special_business", "special-business-not-supported"),
        ({"buyer": {"name": "甲", "tax_id": "91110108MA01KPGP0L"}}, "/buyer/tax_id", "tax-id-check-digit"),
        ({"buyer": {"name": "甲", "tax_id": "123"}}, "/buyer/tax_id", "tax-id-format"),
        ({"deliver": {"channels": ["email"]}}, "/deliver/to/email", "deliver-email-missing"),
        ({"discount_amount": "1172.94"}, "/discount_amount", "coupon-too-large"),
        ({"totals": {"tax": "134.95"}}, "/totals/tax", "totals-mismatch"),
    ],
)
def test_invoice_that_breaks_a_rule_is_refused(fields: dict[str, Any], pointer: str, code: str) -> None:
    assert refusals_of(make_body(**fields)) == [(pointer, code)]


@pytest.mark.parametrize(
    ("buyer", "pointer", "code"),
    [
        ({"tax_id": make_identity_card()}, "/buyer/tax_id", "buyer-not-organisation"),
        ({"tax_id": make_tax_id(), "is_individual": True}, "/buyer/is_individual", "buyer-not-organisation"),
    ],
)
def test_special_invoice_to_a_natural_person_is_refused(
    buyer: dict[str, Any], pointer: str, code: str
) -> None:
    body = make_body(kind="digital_special", buyer={"name": "张三", **buyer})
    assert refusals_of(body) == [(pointer, code)]


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": "exempt"},
        {"policy": "exempt", "zero_rate": "export"},
        {"policy": "not_taxable", "tax_class_code": "6010000000000000000"},
        {"zero_rate": "ordinary"},
    ],
)
def test_line_without_tax_cannot_stand_on_a_special_invoice(fields: dict[str, Any]) -> None:
    line = make_line(**{"amount": "1.00", "tax_rate": "0", **fields})
    assert price(make_body(line)).totals.tax == 0
    assert [code for _, code in refusals_of(make_body(line, kind="digital_special"))] == ["not-on-special"]


def test_all_errors_of_an_invoice_are_told_at_once() -> None:
    lines = [make_line(unit_price="1"), make_line(amount="1.00", tax="9.00"), make_line(tax_rate="0.17")]
    body = make_body(*lines, kind="digital_special", buyer={"name": "甲"})
    assert refusals_of(body) == [
        ("/buyer/tax_id", "buyer-tax-id-required"),
        ("/lines/0/quantity", "quantity-missing"),
        ("/lines/1/tax", "tax-tolerance"),
        ("/lines/2/tax_rate", "rate-not-allowed"),
        ("/lines/2/amount", "amount-missing"),
    ]


def test_discount_with_tax_keeps_the_net_sum_to_the_cent() -> None:
    line = make_line(quantity="3", unit_price="9.99", tax_included=True, discount={"amount": "0.05"})
    discounted, discount = price(make_body(line)).lines
    assert str(discounted.amount_with_tax + discount.amount_with_tax) == "29.92"
    assert (discount.quantity, discount.unit_price, discount.unit) == (None, None, "")
    assert (discounted.nature, discount.nature) == ("discounted", "discount")


def test_discount_leaves_the_declared_tax_as_declared() -> None:
    line = make_line(amount="100.00", tax="13.06", discount={"rate": "0.5"})
    assert sums_of(make_body(line)) == [("100.00", "13.06"), ("-50.00", "-6.50")]


def test_discount_on_exempt_line_hides_its_tax() -> None:
    line = make_line(amount="100.00", tax_rate="0", policy="exempt", discount={"rate": "0.1"})
    assert [(line.printed_rate, line.printed_tax) for line in price(make_body(line)).lines] == [
        ("免税", "***")
    ] * 2


def test_whole_discount_of_one_line_is_allowed_beside_another() -> None:
    body = make_body(make_line(amount="1.00", discount={"rate": "1"}), make_line(amount="2.00"))
    assert sums_of(body) == [("1.00", "0.13"), ("-1.00", "-0.13"), ("2.00", "0.26")]


def test_coupon_over_lines_without_tax_is_taken_off_with_tax_first() -> None:
    body = make_body(make_line(amount="100.00"), make_line(amount="0.01"), discount_amount="10.00")
    priced = price(body)
    assert sums_of(body)[:2] == [("100.00", "13.00"), ("-8.85", "-1.15")]
    assert [line.nature for line in priced.lines] == ["discounted", "discount", "normal"]
    assert str(priced.totals.amount_with_tax) == "103.01"


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        ("0.01", ["1", "1", "1"], ["0.01", "0.00", "0.00"]),
        ("0.02", ["1", "1", "1"], ["0.01", "0.01", "0.00"]),
        ("10.00", ["33.34", "33.33", "33.33"], ["3.34", "3.33", "3.33"]),
        ("0.05", ["0.02", "0.05"], ["0.01", "0.04"]),
    ],
)
def test_split_gives_equal_remainders_to_the_earlier(
    total: str, weights: list[str], shares: list[str]
) -> None:
    assert [str(share) for share in split_by_weight(Decimal(total), [Decimal(w) for w in weights])] == shares


def test_coupon_goes_with_no_line_discount() -> None:
    line = make_line(amount="100.00", discount={"rate": "0.1"})
    body = make_body(line, discount_amount="1.00")
    assert refusals_of(body) == [("/discount_amount", "coupon-with-discount")]


def test_difference_taxation_goes_with_no_other_line_and_no_discount() -> None:
    line = make_line(amount="100.00", deduction="10", tax_included=True, discount={"rate": "0.1"})
    assert refusals_of(make_body(line, make_line(amount="1.00"))) == [
        ("/lines", "deduction-alone"),
        ("/lines/0/discount", "deduction-with-discount"),
    ]


def test_difference_taxation_begins_the_remarks() -> None:
    line = make_line(amount="100.00", deduction="8", tax_included=True)
    assert price(make_body(line, remarks="合同 7 号")).remarks == "差额征税：8.00。合同 7 号"


def test_remarks_with_their_printed_beginning_are_limited() -> None:
    line = make_line(amount="100.00", deduction="8", tax_included=True)
    assert price(make_body(line, remarks="备" * 440)).remarks.startswith("差额征税：8.00。")
    assert refusals_of(make_body(line, remarks="备" * 441)) == [("/remarks", "remarks-too-long")]


def test_reduced_levy_of_the_other_policy_starts_from_3_percent() -> None:
    line = {**LEASE, "amount": "1030.00", "tax_included": True, "policy": "simplified_3_reduced_1_5"}
    assert sums_of(make_body(line)) == [("1015.00", "15.00")]


def test_discount_lines_count_towards_the_limit_of_lines() -> None:
    lines = [make_line(amount="1.00", discount={"rate": "0.1"}) for _ in range(1001)]
    assert refusals_of(make_body(*lines)) == [("/lines", "too-many-lines")]
    assert len(price(make_body(*lines[:1000])).lines) == 2000


def test_short_name_of_the_caller_is_kept() -> None:
    line = make_line(amount="1.00", name="*电子产品*键盘 5*3")
    assert price(make_body(line)).lines[0].name == "*电子产品*键盘 5*3"


def test_class_below_a_known_one_takes_its_short_name() -> None:
    line = make_line(amount="1.00", name="烟花", tax_class_code="1060512999900000000")
    assert price(make_body(line)).lines[0].name == "*日用杂品*烟花"


def test_sums_up_to_16_digits_are_priced() -> None:
    line = make_line(amount="9999999999999999.99", tax_rate="0", zero_rate="ordinary")
    assert str(price(make_body(line)).totals.amount_with_tax) == "9999999999999999.99"
    assert refusals_of(make_body(line, line)) == [("/lines", "amount-too-large")]
