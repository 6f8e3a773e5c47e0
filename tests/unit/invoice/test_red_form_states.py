"""The red-letter form's state machine: every pair of state and action, and what the bureau's word changes."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from docs.generate import find_drift
from libs.common.ids import InvoiceId
from libs.common.money import ZERO
from services.invoice.domain.invoice import AuthorityError, Totals
from services.invoice.domain.red_form import (
    ISSUABLE,
    LIVE,
    NAMES,
    TRANSITIONS,
    WAITING,
    Action,
    Initiator,
    RedForm,
    RedFormState,
    RegisteredForm,
    give_back,
    give_up,
    is_overdue,
    take_over,
    take_step,
    use_form,
)
from services.invoice.domain.red_reasons import RedReason
from services.invoice.errors import RedFormStateConflict
from tests.unit.invoice.making import NOW

pytestmark = pytest.mark.fast

RED = InvoiceId(UUID(int=9))
LATER = NOW + timedelta(hours=1)


def make_form(state: RedFormState = RedFormState.READY, **fields: Any) -> RedForm:
    return RedForm(
        id=UUID(int=1),
        state=state,
        initiator=Initiator.SELLER,
        invoice_id=InvoiceId(UUID(int=2)),
        invoice_number="26422000000000000001",
        reason=RedReason.GOODS_RETURNED,
        lines=(),
        totals=Totals(ZERO, ZERO, ZERO, "零圆整"),
        created_at=NOW,
        updated_at=NOW,
        **{"expires_at": NOW + timedelta(hours=72) if state in WAITING else None} | fields,
    )


def registered(state: RedFormState) -> RegisteredForm:
    return RegisteredForm(state, "202611240000000001", "0" * 32)


@pytest.mark.parametrize(("state", "action"), list(product(RedFormState, Action)))
def test_action_leads_where_the_table_says_or_is_refused(state: RedFormState, action: Action) -> None:
    form = make_form(state)
    target = TRANSITIONS.get((state, action))
    if target is None:
        with pytest.raises(RedFormStateConflict) as caught:
            take_step(form, action, now=LATER)
        assert (caught.value.values["state"], caught.value.values["action"]) == (state, action)
        assert NAMES[state][0] in caught.value.detail_zh
    else:
        after = take_step(form, action, now=LATER)
        assert (after.state, after.version, after.updated_at) == (target, 2, LATER)
        assert (after.expires_at is not None) == (target in WAITING)


@pytest.mark.parametrize(("state", "action"), list(product(sorted(ISSUABLE), Action)))
def test_used_form_allows_nothing(state: RedFormState, action: Action) -> None:
    used = use_form(make_form(state), RED, now=NOW)
    assert used.red_invoice_id == RED
    with pytest.raises(RedFormStateConflict):
        take_step(used, action, now=LATER)


@pytest.mark.parametrize("state", list(RedFormState))
def test_only_live_states_have_a_way_out(state: RedFormState) -> None:
    assert any(start is state for start, _ in TRANSITIONS) == (state in LIVE)
    assert ((state, Action.ISSUE) in TRANSITIONS) == (state in ISSUABLE)


def test_form_whose_red_invoice_was_refused_may_be_used_again() -> None:
    free = give_back(use_form(make_form(), RED, now=NOW), now=LATER)
    assert use_form(free, RED, now=LATER).red_invoice_id == RED


def test_word_of_the_bureau_replaces_what_was_thought() -> None:
    waiting = take_over(make_form(), registered(RedFormState.WAITING_BUYER), now=NOW)
    assert (waiting.state, waiting.expires_at) == ("02", NOW + timedelta(hours=72))
    assert take_over(waiting, registered(RedFormState.WAITING_BUYER), now=LATER) is waiting
    confirmed = take_over(waiting, registered(RedFormState.CONFIRMED), now=LATER)
    assert (confirmed.state, confirmed.expires_at, confirmed.version) == ("04", None, 3)


def test_form_is_overdue_after_exactly_72_hours() -> None:
    form = make_form(RedFormState.WAITING_BUYER)
    end = NOW + timedelta(hours=72)
    assert not is_overdue(form, now=end - timedelta(microseconds=1))
    assert is_overdue(form, now=end)
    assert not is_overdue(replace(form, state=RedFormState.CONFIRMED), now=end)


def test_form_that_the_bureau_refuses_says_why() -> None:
    error = AuthorityError("red-exceeds-blue", "Too much.", "超过余额。")
    assert (give_up(make_form(), error, now=NOW).state, give_up(make_form(), error, now=NOW).last_error) == (
        "10",
        error,
    )


def test_diagram_shows_the_table_of_the_code() -> None:
    assert find_drift("states") == []
