"""Red lines: the worked cases to the cent, remainders, nets of discounts, and never more than the blue invoice."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.common.problems import Invalid
from services.invoice.domain.invoice import Invoice, InvoiceLine
from services.invoice.domain.lifecycle import issue
from services.invoice.domain.red_pricing import (
    RedLineRequest,
    add_up_red,
    list_rests,
    price_red_lines,
    print_red_remarks,
)
from services.invoice.domain.red_reasons import REASONS, BureauReason, RedReason, reason_of_bureau
from services.invoice.errors import NothingLeftToReverse
from tests.unit.invoice.making import INVOICES, NOW, RULES, make_draft, make_line, make_numbering, worked_body

pytestmark = pytest.mark.fast


def make_blue(*lines: dict[str, Any], **fields: Any) -> Invoice:
    return issue(make_draft(*lines, **fields), make_numbering(), expected_final_by=NOW, now=NOW)


def make_worked(name: str) -> Invoice:
    body = worked_body(INVOICES[name])
    lines = body.pop("lines")
    return make_blue(*lines, **body)


def take(
    blue: Invoice,
    taken: tuple[InvoiceLine, ...] = (),
    *requests: RedLineRequest,
    reason: RedReason = RedReason.GOODS_RETURNED,
) -> tuple[InvoiceLine, ...]:
    return price_red_lines(list_rests(blue, taken), reason, requests or None, RULES)


def quantity_of(line_no: int, quantity: str) -> RedLineRequest:
    return RedLineRequest(line_no, quantity=Decimal(quantity))


def amount_of(line_no: int, amount: str) -> RedLineRequest:
    return RedLineRequest(line_no, amount=Decimal(amount))


def codes_of(caught: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in caught.value.errors]


def assert_worked(lines: tuple[InvoiceLine, ...], name: str) -> None:
    expected = INVOICES[name]
    for line, want in zip(lines, expected["lines"], strict=True):
        assert (line.line_no, line.blue_line_no, line.nature) == (
            want["line_no"],
            want["original_line_no"],
            "normal",
        )
        assert (line.quantity and str(line.quantity)) == want["quantity"]
        assert (line.unit_price and str(line.unit_price)) == want["unit_price_excl"]
        assert (str(line.amount), str(line.tax)) == (want["amount"], want["tax"])
        assert str(line.amount_with_tax) == want["amount_incl"]
        assert (line.printed_rate, line.printed_tax) == (want["print"]["rate"], want["print"]["tax"])
    totals = add_up_red(lines)
    assert (str(totals.amount), str(totals.tax)) == (expected["totals"]["amount"], expected["totals"]["tax"])
    assert totals.amount_with_tax_words == expected["totals"]["amount_incl_words"]


def test_worked_chain_of_two_reds_takes_the_blue_to_zero() -> None:
    blue = make_worked("W01")
    first = take(blue, (), quantity_of(1, "5"), quantity_of(3, "1"))
    assert_worked(first, "W10")
    second = take(blue, first)
    assert_worked(second, "W11")
    with pytest.raises(NothingLeftToReverse):
        take(blue, first + second, amount_of(1, "0.01"))


def test_five_fen_red_has_no_negative_zero() -> None:
    line = make_line(
        name="*研发和技术服务*技术服务费",
        tax_class_code="3040105000000000000",
        tax_rate="0.01",
        amount="0.05",
        tax_included=True,
    )
    assert_worked(take(make_blue(line), reason=RedReason.ISSUED_IN_ERROR), "W18")


def test_discounted_line_is_netted_with_its_discount() -> None:
    blue = make_blue(make_line(quantity="3", unit_price="100", discount={"amount": "50"}))
    (line,) = take(blue, (), quantity_of(1, "1"))
    assert (str(line.unit_price), str(line.amount), str(line.tax)) == ("83.3333333333333", "-83.33", "-10.83")
    (rest,) = take(blue, (line,))
    assert (str(rest.quantity), str(rest.amount), str(rest.tax)) == ("-2", "-166.67", "-21.67")
    with pytest.raises(Invalid) as caught:
        take(blue, (), amount_of(2, "1.00"))
    assert codes_of(caught) == [("/lines/0/line_no", "red-line-unknown")]


def test_price_after_an_allowance_is_what_is_left_by_quantity() -> None:
    blue = make_blue(make_line(quantity="12", unit_price="86.5"))
    (allowance,) = take(blue, (), amount_of(1, "38.00"), reason=RedReason.ALLOWANCE)
    assert (allowance.quantity, allowance.unit_price, str(allowance.tax)) == (None, None, "-4.94")
    (rest,) = take(blue, (allowance,))
    assert (str(rest.quantity), str(rest.unit_price)) == ("-12", "83.3333333333333")
    assert (str(rest.amount), str(rest.tax)) == ("-1000.00", "-130.00")


def test_difference_line_splits_its_tax_in_proportion() -> None:
    blue = make_worked("W07")
    (line,) = take(blue, (), amount_of(1, "5240.00"))
    assert (str(line.tax), line.printed_rate) == ("-60.00", "***")


def test_reduced_levy_splits_its_tax_in_proportion() -> None:
    (line,) = take(make_worked("W15"), (), amount_of(1, "1725.00"))
    assert str(line.tax) == "-25.00"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (quantity_of(1, "12.0001"), "red-exceeds-left"),
        (amount_of(1, "1038.01"), "red-exceeds-left"),
        (quantity_of(9, "1"), "red-line-unknown"),
        (quantity_of(1, "0.00001"), "red-quantity-too-fine"),
        (RedLineRequest(1), "red-quantity-or-amount"),
        (RedLineRequest(1, Decimal(1), Decimal(1)), "red-quantity-or-amount"),
    ],
)
def test_impossible_request_is_refused(request_: RedLineRequest, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        take(make_blue(), (), request_)
    assert [found for _, found in codes_of(caught)] == [code]


def test_issued_in_error_takes_all_or_nothing() -> None:
    blue = make_blue()
    with pytest.raises(Invalid) as caught:
        take(blue, (), quantity_of(1, "1"), reason=RedReason.ISSUED_IN_ERROR)
    assert codes_of(caught) == [("/lines", "issued-in-error-takes-all")]
    assert take(blue, (), quantity_of(1, "12"), reason=RedReason.ISSUED_IN_ERROR) == take(blue)


def test_remarks_begin_with_the_blue_number() -> None:
    blue = make_blue()
    assert print_red_remarks(blue, "123456789012345678", "退货") == (
        "被红冲蓝字数电发票号码：26422000000000000001 红字发票信息确认单编号：123456789012345678 退货"
    )
    on_paper = replace(blue, code="042002500111", number="00000001")
    assert print_red_remarks(on_paper, "1", "").startswith("对应正数发票代码:042002500111 号码:00000001 ")


def test_reason_codes_of_the_two_families_are_crossed() -> None:
    assert [(reason, codes.bureau, codes.vendor) for reason, codes in REASONS.items()] == [
        ("issued_in_error", "01", "2"),
        ("goods_returned", "02", "1"),
        ("service_stopped", "03", "3"),
        ("allowance", "04", "4"),
    ]
    assert reason_of_bureau(BureauReason("02")) is RedReason.GOODS_RETURNED


_CENTS = st.integers(1, 10**9).map(lambda cents: str(Decimal(cents).scaleb(-2)))
_QUANTITIES = st.integers(1, 10**6).map(lambda each: str(Decimal(each).scaleb(-2)))
_RATES = st.sampled_from(["0.13", "0.09", "0.06", "0.01"])


@st.composite
def blue_lines(draw: st.DrawFn) -> dict[str, Any]:
    line = make_line(tax_rate=draw(_RATES), tax_included=draw(st.booleans()), amount=draw(_CENTS))
    if draw(st.booleans()):
        line["discount"] = {"rate": "0.1"}
    if draw(st.booleans()):
        line["quantity"] = draw(_QUANTITIES)
    return line


@given(st.lists(blue_lines(), min_size=1, max_size=4), st.data())
def test_any_sequence_of_reds_ends_at_exactly_the_blue(
    lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    try:
        blue = make_blue(*lines)
    except Invalid:
        return
    taken: tuple[InvoiceLine, ...] = ()
    for _ in range(data.draw(st.integers(0, 6))):
        rest = data.draw(st.sampled_from(list_rests(blue, taken)))
        share = data.draw(st.fractions(0, 1))
        whole = (
            rest.amount if rest.quantity is None else data.draw(st.sampled_from([rest.amount, rest.quantity]))
        )
        some = (whole * share.numerator / share.denominator).quantize(Decimal("0.01"))
        is_amount = rest.quantity is None or whole is rest.amount
        request = RedLineRequest(rest.line.line_no, **{"amount" if is_amount else "quantity": some})
        if not some or (is_amount and some == rest.amount):
            continue
        try:
            taken += take(blue, taken, request)
        except (Invalid, NothingLeftToReverse):
            continue
        assert all(each.amount >= 0 and each.tax >= 0 for each in list_rests(blue, taken))
    if any(not rest.is_empty for rest in list_rests(blue, taken)):
        taken += take(blue, taken)
    for rest in list_rests(blue, taken):
        assert not rest.amount + rest.tax + (rest.quantity or 0)
    assert all(line.unit_price is None or line.unit_price > 0 for line in taken)
    totals = add_up_red(taken)
    assert -totals.amount_with_tax == blue.totals.amount_with_tax
