"""Tickets move exactly as the table says, and every pair stands in it."""

from dataclasses import replace
from itertools import product

import pytest

from libs.common.clock import utc_now
from libs.common.ids import InvoiceId, TenantId, new_id
from services.support.domain.facts import InvoiceName
from services.support.domain.tickets import (
    TRANSITIONS,
    Action,
    Actor,
    Agent,
    State,
    Ticket,
    TicketId,
    advance,
    assigned,
    closed,
    reopened,
    replied,
)
from services.support.errors import TicketStateConflict

pytestmark = pytest.mark.fast

CUSTOMER = Actor("user:1", "王会计")
AGENT = Actor("user:2", "客服一", is_agent=True)
NOW = utc_now()


def make_ticket(state: State = State.OPEN) -> Ticket:
    return Ticket(
        tenant=TenantId(new_id()),
        id=TicketId(new_id()),
        number=1,
        state=state,
        invoice=None,
        agent=None,
        resolution="done" if state is State.CLOSED else None,
        version=1,
        updated_at=NOW,
        closed_at=NOW if state is State.CLOSED else None,
    )


def test_transitions_every_state_and_action_is_decided() -> None:
    assert set(TRANSITIONS) == set(product(State, Action))


@pytest.mark.parametrize(("state", "action"), [pair for pair, after in TRANSITIONS.items() if after is None])
def test_advance_refused_pair_raises_with_the_state(state: State, action: Action) -> None:
    with pytest.raises(TicketStateConflict) as caught:
        advance(state, action)
    assert caught.value.values == {"state": state, "action": action}


def test_advance_only_reopening_leaves_closed() -> None:
    leaving = [action for action in Action if TRANSITIONS[State.CLOSED, action] not in {None, State.CLOSED}]
    assert leaving == [Action.REOPEN]


def test_replied_by_customer_waits_for_an_agent_and_back() -> None:
    ticket = make_ticket()
    waiting = replied(ticket, AGENT, is_internal=False, now=NOW)
    assert waiting.state is State.WAITING_CUSTOMER
    assert replied(waiting, CUSTOMER, is_internal=False, now=NOW).state is State.WAITING_AGENT


def test_replied_internally_changes_nothing_but_the_version() -> None:
    ticket = make_ticket(State.WAITING_CUSTOMER)
    assert replied(ticket, AGENT, is_internal=True, now=NOW) == replace(ticket, version=2)


def test_assigned_open_ticket_is_taken_up() -> None:
    agent = Agent(new_id(), "客服一")
    ticket = assigned(make_ticket(), agent, now=NOW)
    assert (ticket.state, ticket.agent, ticket.version) == (State.WAITING_AGENT, agent, 2)


def test_closed_then_reopened_forgets_the_resolution() -> None:
    done = closed(make_ticket(), "已重开", now=NOW)
    assert (done.state, done.resolution, done.closed_at) == (State.CLOSED, "已重开", NOW)
    again = reopened(done, now=NOW)
    assert (again.state, again.resolution, again.closed_at, again.version) == (
        State.WAITING_AGENT,
        None,
        None,
        3,
    )


def test_subject_is_the_invoice_where_there_is_one() -> None:
    ticket = make_ticket()
    invoice = InvoiceName(InvoiceId(new_id()), None, "SO-1")
    assert ticket.subject == ticket.id
    assert replace(ticket, invoice=invoice).subject == invoice.id
