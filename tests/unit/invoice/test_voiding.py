"""Voiding: every combination of kind, status, reversal, form and day is allowed or refused with a way out."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from msgspec.structs import replace

from libs.common.ids import InvoiceId
from services.invoice.domain.invoice import (
    Authority,
    AuthorityError,
    AuthorityState,
    Invoice,
    NumberChannel,
    Red,
    Reversal,
    Status,
)
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.voiding import (
    Obstacle,
    find_obstacle,
    refuse_by_authority,
    refuse_void,
    refuse_while_voiding,
    voidable_until,
)
from tests.unit.invoice.making import NOW, RULES, make_draft

pytestmark = pytest.mark.fast

PAPER, DIGITAL = InvoiceKind.PAPER_ORDINARY, InvoiceKind.DIGITAL_ORDINARY
ISSUE_DATE = date(2026, 11, 24)
MONTH_END = datetime(2026, 11, 30, 16, tzinfo=UTC)
IN_TIME, TOO_LATE = MONTH_END - timedelta(microseconds=1), MONTH_END
RED = Red(InvoiceId(UUID(int=2)), "26427000000000000001", UUID(int=3), "202611240000000001", "goods_returned")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def make_invoice(
    kind: InvoiceKind = PAPER, status: Status = Status.ISSUED, reversal: Reversal = Reversal.NONE
) -> Invoice:
    has_number = status in {Status.ISSUED, Status.VOIDED}
    return replace(
        make_draft(),
        kind=kind,
        status=status,
        reversal=reversal,
        authority=Authority(NumberChannel.LOCAL_BLOCKS, AuthorityState.CONFIRMED, NOW),
        number="12345678" if has_number else None,
        issue_date=ISSUE_DATE if has_number else None,
    )


def obstacle_of(invoice: Invoice, *, is_form_open: bool = False, now: datetime = IN_TIME) -> Obstacle | None:
    return find_obstacle(invoice, RULES.kinds[invoice.kind], is_form_open=is_form_open, now=now)


# Kinds on paper, those printed on paper from digital data included; one of them is abolished.
VOIDABLE = {
    InvoiceKind.PAPER_SPECIAL,
    InvoiceKind.PAPER_ORDINARY,
    InvoiceKind.MOTOR_VEHICLE,
    InvoiceKind.ROLL_ORDINARY,
    InvoiceKind.USED_VEHICLE,
    InvoiceKind.DIGITAL_PAPER_SPECIAL,
    InvoiceKind.DIGITAL_PAPER_ORDINARY,
    InvoiceKind.DIGITAL_PAPER_MOTOR_VEHICLE,
    InvoiceKind.DIGITAL_PAPER_USED_VEHICLE,
}

# What stands in the way, by status and reversal, of a kind on paper in its month; then of kinds that are not.
EXPECTED = {
    (Status.DRAFT, Reversal.NONE): Obstacle.DRAFT,
    (Status.PENDING, Reversal.NONE): Obstacle.PENDING,
    (Status.REJECTED, Reversal.NONE): Obstacle.REJECTED,
    (Status.ISSUED, Reversal.NONE): None,
    (Status.ISSUED, Reversal.PARTIAL): Obstacle.PARTLY_REVERSED,
    (Status.ISSUED, Reversal.FULL): Obstacle.REVERSED,
}
PAIRS = list(EXPECTED)


@pytest.mark.parametrize(("pair", "is_late", "is_form_open"), [*product(PAIRS, [False, True], [False, True])])
@pytest.mark.parametrize("kind", InvoiceKind)
def test_void_of_any_kind_and_state_is_allowed_or_says_why_not(
    kind: InvoiceKind, pair: tuple[Status, Reversal], *, is_late: bool, is_form_open: bool
) -> None:
    invoice = make_invoice(kind, *pair)
    found = obstacle_of(invoice, is_form_open=is_form_open, now=TOO_LATE if is_late else IN_TIME)
    expected = EXPECTED[pair]
    if kind not in VOIDABLE:
        expected = Obstacle.KIND if expected in {None, Obstacle.PARTLY_REVERSED} else expected
    elif is_form_open and expected is None:
        expected = Obstacle.FORM_OPEN
    elif is_late and expected is None:
        expected = Obstacle.WINDOW_OVER
    assert found is expected


def test_void_window_ends_with_the_month_of_issue_in_shanghai() -> None:
    kind = RULES.kinds[PAPER]
    assert voidable_until(make_invoice(), kind) == MONTH_END
    december = replace(make_invoice(), issue_date=date(2026, 12, 31))
    assert voidable_until(december, kind) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert voidable_until(replace(make_invoice(), red=RED), kind) is None
    assert voidable_until(make_invoice(DIGITAL), RULES.kinds[DIGITAL]) is None


def test_void_of_a_red_or_refused_invoice_is_refused() -> None:
    assert obstacle_of(replace(make_invoice(), red=RED)) is Obstacle.RED
    refused = Authority(NumberChannel.LOCAL_BLOCKS, AuthorityState.REFUSED, NOW)
    assert obstacle_of(replace(make_invoice(), authority=refused)) is Obstacle.NOT_AT_AUTHORITY


# Of each obstacle: when it is met, whether in time, and what the refusal says of time and way.
NEVER, CAN, COULD = "can at no time be voided.", "It can be voided until the end of", "It could be voided"
REFUSALS = [
    (Obstacle.KIND, make_invoice(DIGITAL), None, NEVER, "POST /v1/invoices/{id}/red-forms"),
    (
        Obstacle.PENDING,
        make_invoice(DIGITAL, Status.PENDING),
        None,
        NEVER,
        "POST /v1/invoices/{id}/red-forms",
    ),
    (Obstacle.REJECTED, make_invoice(DIGITAL, Status.REJECTED), None, NEVER, None),
    (Obstacle.REVERSED, make_invoice(DIGITAL, reversal=Reversal.FULL), None, NEVER, None),
    (Obstacle.RED, replace(make_invoice(DIGITAL), red=RED), None, NEVER, None),
    (Obstacle.DRAFT, make_invoice(DIGITAL, Status.DRAFT), None, NEVER, "POST /v1/red-forms/{id}/revoke"),
    (
        Obstacle.PENDING,
        make_invoice(status=Status.PENDING),
        None,
        "until the end of its month of issue",
        None,
    ),
    (Obstacle.REJECTED, make_invoice(status=Status.REJECTED), None, "its month of issue", None),
    (Obstacle.RED, replace(make_invoice(), red=RED), None, "A red invoice can at no time be voided.", None),
    (Obstacle.REVERSED, make_invoice(reversal=Reversal.FULL), IN_TIME, CAN, None),
    (
        Obstacle.PARTLY_REVERSED,
        make_invoice(reversal=Reversal.PARTIAL),
        IN_TIME,
        CAN,
        "POST /v1/invoices/{id}/red-forms",
    ),
    (Obstacle.FORM_OPEN, make_invoice(), IN_TIME, CAN, "POST /v1/red-forms/{id}/revoke"),
    (Obstacle.NOT_AT_AUTHORITY, make_invoice(), IN_TIME, CAN, "POST /v1/invoices/{id}/resubmit"),
    (Obstacle.WINDOW_OVER, make_invoice(), TOO_LATE, COULD, "POST /v1/invoices/{id}/red-forms"),
]


@pytest.mark.parametrize(("obstacle", "invoice", "dated", "when", "alternative"), REFUSALS)
def test_void_refusal_says_until_when_and_what_instead(
    obstacle: Obstacle, invoice: Invoice, dated: datetime | None, when: str, alternative: str | None
) -> None:
    refusal = refuse_void(invoice, RULES.kinds[invoice.kind], obstacle, now=dated or IN_TIME)
    assert refusal.values == {
        "kind": invoice.kind,
        "invoice_status": invoice.status,
        "reason_code": obstacle,
        "possible_until": "2026-11-30T16:00:00Z" if dated else None,
        "alternative": alternative,
    }
    assert when in refusal.detail
    assert ("2026-11-30" in refusal.detail) == ("2026-11-30" in refusal.detail_zh) == (dated is not None)
    assert refusal.detail.isascii()
    assert _CHINESE.search(refusal.detail_zh)
    if alternative is not None and "red-forms" in alternative and obstacle is not Obstacle.DRAFT:
        assert "red" in refusal.detail
        assert "红" in refusal.detail_zh


def test_void_refusals_are_of_every_obstacle() -> None:
    assert {obstacle for obstacle, *_ in REFUSALS} == set(Obstacle)
    said = [
        refuse_void(i, RULES.kinds[i.kind], o, now=dated or IN_TIME).detail for o, i, dated, *_ in REFUSALS
    ]
    assert len(set(said)) == len(REFUSALS)


def test_void_refused_by_the_authority_repeats_its_words() -> None:
    error = AuthorityError("void-used", "The buyer has used or booked the invoice", "购买方已使用该发票")
    refusal = refuse_by_authority(make_invoice(), RULES.kinds[PAPER], error, now=IN_TIME)
    assert refusal.values["reason_code"] == "void-used"
    assert refusal.values["alternative"] == "POST /v1/invoices/{id}/red-forms"
    assert refusal.values["possible_until"] == "2026-11-30T16:00:00Z"
    assert "The authority refused: The buyer has used or booked the invoice. Take it back" in refusal.detail
    assert "税务机关不予作废：购买方已使用该发票。请通过红字发票" in refusal.detail_zh


def test_red_form_while_a_void_is_under_way_says_to_wait() -> None:
    refusal = refuse_while_voiding(make_invoice())
    assert "being voided" in refusal.detail
    assert "正在作废" in refusal.detail_zh
