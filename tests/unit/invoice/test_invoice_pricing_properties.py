"""What holds for every invoice: exact sums, kept totals, no −0.00, and no failure but a refusal."""

import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.problems import Invalid
from services.invoice.domain.coupon import split_by_weight
from services.invoice.domain.encoding import encode
from services.invoice.domain.figures import PlainDecimal
from services.invoice.domain.pricing import PricedInvoice
from services.invoice.domain.words import write_amount
from tests.unit.invoice.making import make_body, make_line, price

pytestmark = pytest.mark.fast

RATES = st.sampled_from(["0.13", "0.09", "0.06", "0.05", "0.03", "0.02", "0.01", "0.005"])
TAXED = st.fixed_dictionaries({"tax_rate": RATES})
UNTAXED = st.sampled_from(
    [
        {"tax_rate": "0", "policy": "exempt"},
        {"tax_rate": "0", "policy": "not_taxable", "tax_class_code": "6010000000000000000"},
        {"tax_rate": "0", "zero_rate": "ordinary"},
    ]
)
REDUCED = st.sampled_from(
    [
        {"tax_rate": "0.015", "policy": "simplified_5_reduced_1_5", "tax_included": True},
        {"tax_rate": "0.015", "policy": "simplified_3_reduced_1_5", "tax_included": True},
    ]
)


def decimals(digits: int, places: int) -> st.SearchStrategy[str]:
    """Positive decimal strings of all sizes up to the limits."""
    values = st.integers(1, 10 ** (digits + places) - 1) | st.integers(1, 10 ** (places + 3))
    return values.map(lambda value: f"{Decimal(value).scaleb(-places):f}")


AMOUNTS = decimals(16, 2)
FIGURES = st.integers(1, 99999).map(str) | decimals(5, 2) | decimals(12, 13)
SUMS = st.one_of(
    st.fixed_dictionaries({"amount": AMOUNTS}, optional={"quantity": FIGURES}),
    st.fixed_dictionaries({"quantity": FIGURES, "unit_price": FIGURES}),
)
DISCOUNTS = st.none() | st.one_of(
    st.fixed_dictionaries({"rate": st.sampled_from(["0.1", "0.333333", "1", "0.000001"])}),
    st.fixed_dictionaries({"amount": decimals(2, 2)}),
)


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    """Lines that the schema takes; the pricing may still refuse them."""
    fields: dict[str, Any] = {
        "tax_included": draw(st.booleans()),
        **draw(SUMS),
        **draw(TAXED | UNTAXED | REDUCED),
    }
    if discount := draw(DISCOUNTS):
        fields["discount"] = discount
    return make_line(**fields)


def price_or_none(body: dict[str, Any]) -> PricedInvoice | None:
    """None where it is refused; any other failure is the test's."""
    with suppress(Invalid):
        return price(body)
    return None


def assert_sound(priced: PricedInvoice) -> None:
    totals = priced.totals
    assert totals.amount == sum(line.amount for line in priced.lines)
    assert totals.tax == sum(line.tax for line in priced.lines)
    assert totals.amount_with_tax == totals.amount + totals.tax > 0
    assert totals.amount_with_tax_words == write_amount(totals.amount_with_tax)
    assert [line.line_no for line in priced.lines] == list(range(1, len(priced.lines) + 1))
    for line in priced.lines:
        assert line.amount_with_tax == line.amount + line.tax
        assert_whole_cents(line.amount, line.tax, line.amount_with_tax)
        if line.quantity is not None and line.unit_price is not None:
            assert abs(line.quantity * line.unit_price - line.amount) <= Decimal("0.015")
    assert_whole_cents(totals.amount, totals.tax, totals.amount_with_tax)
    assert_discounts_follow(priced)
    assert b'"-0.00"' not in encode((priced.lines, totals))


def assert_whole_cents(*sums: Decimal) -> None:
    for value in sums:
        assert value.as_tuple().exponent == -2
        assert not (value.is_zero() and value.is_signed())


def assert_discounts_follow(priced: PricedInvoice) -> None:
    """A discount line stands below its line, says the same and takes no more than there is."""
    for above, below in zip([None, *priced.lines], [*priced.lines, None], strict=True):
        is_discounted = above is not None and above.nature == "discounted"
        assert is_discounted == (below is not None and below.nature == "discount")
        if is_discounted:
            assert above is not None
            assert below is not None
            assert (below.name, below.tax_class_code, below.tax_rate) == (
                above.name,
                above.tax_class_code,
                above.tax_rate,
            )
            assert below.amount <= 0 <= above.amount + below.amount
            assert below.tax <= 0 <= above.tax + below.tax


@given(st.lists(lines(), min_size=1, max_size=6))
def test_any_lines_are_priced_soundly_or_refused(given_lines: list[dict[str, Any]]) -> None:
    if (priced := price_or_none(make_body(*given_lines))) is not None:
        assert_sound(priced)


@given(st.lists(lines(), min_size=1, max_size=6), decimals(4, 2))
def test_any_coupon_is_spread_soundly_or_refused(given_lines: list[dict[str, Any]], coupon: str) -> None:
    for line in given_lines:
        line.pop("discount", None)
    before = price_or_none(make_body(*given_lines))
    after = price_or_none(make_body(*given_lines, discount_amount=coupon))
    if before is None or after is None:
        return
    assert_sound(after)
    assert before.totals.amount_with_tax - after.totals.amount_with_tax == Decimal(coupon)


@given(decimals(8, 2), TAXED | UNTAXED | REDUCED, decimals(3, 2))
def test_sum_with_tax_is_kept_to_the_cent(gross: str, taxation: dict[str, str], discount: str) -> None:
    line = make_line(**{**taxation, "amount": gross, "tax_included": True})
    assert price(make_body(line)).totals.amount_with_tax == Decimal(gross)
    if (priced := price_or_none(make_body({**line, "discount": {"amount": discount}}))) is not None:
        assert priced.totals.amount_with_tax == Decimal(gross) - Decimal(discount)


def half_up(value: Fraction) -> Decimal:
    """Cents of a positive fraction, by integers alone."""
    return Decimal(int(value * 100 + Fraction(1, 2))).scaleb(-2)


@given(decimals(14, 2), RATES | st.just("0.015"))
def test_tax_is_the_exact_fraction_rounded_half_up_once(amount: str, rate: str) -> None:
    sum_given, exact_rate = Fraction(amount), Fraction(rate)
    if rate == "0.015":
        tax = half_up(sum_given / Fraction("1.05") * exact_rate)
        line = make_line(amount=amount, tax_rate=rate, tax_included=True, policy="simplified_5_reduced_1_5")
        assert price(make_body(line)).totals.tax == tax
        return
    within = make_line(amount=amount, tax_rate=rate, tax_included=True)
    assert price(make_body(within)).totals.tax == half_up(sum_given * exact_rate / (1 + exact_rate))
    assert price(make_body({**within, "tax_included": False})).totals.tax == half_up(sum_given * exact_rate)


@given(decimals(9, 2), RATES, decimals(9, 2), st.none() | decimals(4, 2))
def test_difference_taxation_taxes_only_the_difference(
    gross: str, rate: str, deduction: str, tax: str | None
) -> None:
    line = make_line(amount=gross, tax_rate=rate, deduction=deduction, tax_included=True)
    body = make_body(line if tax is None else {**line, "tax": tax})
    if (priced := price_or_none(body)) is None:
        return
    assert_sound(priced)
    difference = Decimal(gross) - Decimal(deduction)
    exact = difference * Decimal(rate) / (1 + Decimal(rate))
    assert abs(priced.totals.tax - exact) <= Decimal("0.0651")
    assert priced.lines[0].printed_rate == "***"


@given(RATES, decimals(6, 2), st.integers(-9, 9), st.booleans())
def test_declared_tax_is_kept_within_six_cents(
    rate: str, amount: str, cents: int, tax_included: bool
) -> None:
    line = make_line(amount=amount, tax_rate=rate, tax_included=tax_included)
    computed = price(make_body(line)).totals.tax
    declared = computed + Decimal(cents).scaleb(-2)
    if declared < 0:
        return
    priced = price_or_none(make_body({**line, "tax": str(declared)}))
    if priced is not None:
        assert priced.totals.tax == declared
        net = priced.lines[0].amount
        assert abs(declared - (net * Decimal(rate)).quantize(Decimal("0.01"), "ROUND_HALF_UP")) <= Decimal(
            "0.06"
        )
    elif not tax_included:
        assert abs(cents) > 6


@given(st.lists(st.integers(1, 10**18), min_size=1, max_size=40), st.integers(1, 10**18))
def test_split_adds_up_and_takes_no_more_than_there_is(weights: list[int], total: int) -> None:
    total = min(total, sum(weights))
    parts = [Decimal(weight).scaleb(-2) for weight in weights]
    shares = split_by_weight(Decimal(total).scaleb(-2), parts)
    assert sum(shares) == Decimal(total).scaleb(-2)
    assert all(0 <= share <= part for share, part in zip(shares, parts, strict=True))


@given(decimals(12, 13))
def test_figure_is_written_without_exponent(text: str) -> None:
    written = str(PlainDecimal(text))
    assert "E" not in written
    assert Decimal(written) == Decimal(text)


def count_calls(function: Callable[[], object]) -> int:
    """Python and C calls: a measure of work that no busy machine can disturb."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(("count", "fields"), [(2000, {}), (1000, {"discount_amount": "10.00"})])
def test_pricing_up_to_2000_lines_is_linear(count: int, fields: dict[str, str]) -> None:
    body = make_body(*[make_line(quantity="3", unit_price="33.33", tax_included=True)] * count, **fields)
    half = {**body, "lines": body["lines"][: count // 2]}
    price(half)
    assert count_calls(lambda: price(body)) < 2.1 * count_calls(lambda: price(half))
