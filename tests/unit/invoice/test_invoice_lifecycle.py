"""Every step from every state: allowed ones change what they should, all others are refused with the state."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from services.invoice.domain import lifecycle
from services.invoice.domain.invoice import (
    Authority,
    AuthorityState,
    Invoice,
    NumberChannel,
    Reversal,
    Status,
)
from services.invoice.domain.invoice_states import TRANSITIONS, Step
from services.invoice.domain.kinds import QrCode
from services.invoice.domain.numbering import Numbering
from services.invoice.errors import InvoiceStateConflict
from tests.unit.invoice.making import ERROR, NOW, make_draft, make_line, make_numbering

pytestmark = pytest.mark.fast

LATER = NOW + timedelta(seconds=5)
PROMISE = NOW + timedelta(minutes=5)
STATES = [(status, state) for status in Status for state in AuthorityState]

STEPS: dict[str, Callable[[Invoice], Invoice]] = {
    "accept": lambda invoice: lifecycle.accept(invoice, expected_final_by=PROMISE, now=LATER),
    "issue": lambda invoice: lifecycle.issue(invoice, make_numbering(), expected_final_by=PROMISE, now=LATER),
    "submit": lambda invoice: lifecycle.submit(invoice, now=LATER),
    "mark_outcome_unknown": lambda invoice: lifecycle.mark_outcome_unknown(invoice, ERROR, now=LATER),
    "wait_for_operator": lambda invoice: lifecycle.wait_for_operator(invoice, ERROR, now=LATER),
    "confirm": lambda invoice: lifecycle.confirm(invoice, now=LATER),
    "assign_number": lambda invoice: lifecycle.assign_number(invoice, make_numbering(), now=LATER),
    "refuse": lambda invoice: lifecycle.refuse(invoice, ERROR, now=LATER),
    "reject": lambda invoice: lifecycle.reject(invoice, ERROR, now=LATER),
    "void": lambda invoice: lifecycle.void(invoice, now=LATER),
    "supersede": lambda invoice: lifecycle.supersede(invoice, now=LATER),
    "reverse": lambda invoice: lifecycle.reverse(invoice, Reversal.PARTIAL),
}

# From a status, the state after the step for each state before it; what is not listed is refused.
AT_WORK = ["submitted", "outcome_unknown", "waiting_operator"]
OPEN = ["not_submitted", *AT_WORK]
ALLOWED = {
    "accept": {("draft", "not_submitted"): ("pending", "not_submitted")},
    "issue": {("draft", "not_submitted"): ("issued", "not_submitted")},
    "submit": {
        **{("pending", state): ("pending", "submitted") for state in OPEN},
        **{("issued", state): ("issued", "submitted") for state in [*OPEN, "refused"]},
    },
    "mark_outcome_unknown": {
        (status, state): (status, "outcome_unknown") for status in ("pending", "issued") for state in AT_WORK
    },
    "wait_for_operator": {
        (status, state): (status, "waiting_operator") for status in ("pending", "issued") for state in OPEN
    },
    "confirm": {("issued", state): ("issued", "confirmed") for state in AT_WORK},
    "assign_number": {("pending", state): ("issued", "confirmed") for state in AT_WORK},
    "refuse": {
        **{("pending", state): ("rejected", "refused") for state in AT_WORK},
        **{("issued", state): ("issued", "refused") for state in AT_WORK},
    },
    "reject": {("pending", "not_submitted"): ("rejected", "not_submitted")},
    "void": {("issued", "confirmed"): ("voided", "confirmed")},
    "supersede": {("issued", "refused"): ("rejected", "refused")},
    "reverse": {("issued", state): ("issued", state) for state in [*OPEN, "confirmed", "refused"]},
}


def make_invoice(status: Status, state: AuthorityState) -> Invoice:
    authority = Authority(NumberChannel.LOCAL_BLOCKS, state, NOW, ERROR)
    return replace(make_draft(), status=status, authority=authority, version=7)


def test_steps_are_all_tried_and_their_table_has_nothing_else() -> None:
    assert set(STEPS) == set(ALLOWED) == set(Step)
    table = {(source, step): target for step in ALLOWED for source, target in ALLOWED[step].items()}
    assert table == {
        ((str(status), str(state)), step): target for ((status, state), step), target in TRANSITIONS.items()
    }


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("status", "state"), STATES)
def test_step_from_any_state_is_taken_or_refused(step: str, status: Status, state: AuthorityState) -> None:
    before = make_invoice(status, state)
    expected = ALLOWED[step].get((str(status), str(state)))
    if expected is None:
        with pytest.raises(InvoiceStateConflict) as caught:
            STEPS[step](before)
        values = caught.value.values
        assert (values["invoice_status"], values["authority_state"]) == (status, state)
        return
    after = STEPS[step](before)
    assert (after.status, after.authority.state) == expected
    assert after.version == 8
    assert after.status_updated_at == (NOW if after.status == before.status else LATER)


def test_invoice_of_a_local_block_is_issued_then_confirmed() -> None:
    issued = STEPS["issue"](make_draft(make_line(amount="88.50")))
    assert (issued.number, issued.issue_date, issued.issued_at) == (
        "26422000000000000001",
        date(2026, 11, 24),
        LATER,
    )
    assert issued.qr_text is not None
    assert issued.qr_text.startswith("01,32,,26422000000000000001,100.01,20261124,,")
    assert issued.expected_final_by == PROMISE
    confirmed = STEPS["confirm"](STEPS["submit"](issued))
    assert (confirmed.version, confirmed.authority.last_error) == (3, None)


def test_invoice_without_number_gets_it_from_the_authority() -> None:
    pending = STEPS["submit"](STEPS["accept"](make_draft()))
    assert (pending.number, pending.qr_text, pending.issued_at) == (None, None, None)
    issued = STEPS["assign_number"](STEPS["mark_outcome_unknown"](pending))
    assert issued.number == "26422000000000000001"
    assert issued.authority.last_error is None


@pytest.mark.parametrize(
    "number", ["25422000000000000001", "2642200000000000001", "２6422000000000000001", ""]
)
def test_number_of_another_year_or_form_is_no_numbering(number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        Numbering(number, date(2026, 11, 24), QrCode("32"))


def test_number_at_new_year_belongs_to_its_own_year() -> None:
    assert Numbering("27422000000000000001", date(2027, 1, 1), QrCode("31")).issue_date.year == 2027
