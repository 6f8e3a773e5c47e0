"""Tickets: their values, and which action leads from which state to which. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from libs.common.ids import TenantId
from services.support.domain.facts import InvoiceName
from services.support.errors import TicketStateConflict

TicketId = NewType("TicketId", UUID)


class State(StrEnum):
    """Whose turn it is; `open` is a ticket that nobody has taken up yet."""

    OPEN = "open"
    WAITING_AGENT = "waiting_agent"
    WAITING_CUSTOMER = "waiting_customer"
    CLOSED = "closed"


class Action(StrEnum):
    """What can be done to a ticket that exists."""

    CUSTOMER_REPLY = "customer_reply"
    AGENT_REPLY = "agent_reply"
    INTERNAL_NOTE = "internal_note"
    ASSIGN = "assign"
    CLOSE = "close"
    REOPEN = "reopen"
    REQUEST_COPY = "request_copy"


# Every pair stands here; None is a refusal.
TRANSITIONS: dict[tuple[State, Action], State | None] = {
    (State.OPEN, Action.CUSTOMER_REPLY): State.OPEN,
    (State.OPEN, Action.AGENT_REPLY): State.WAITING_CUSTOMER,
    (State.OPEN, Action.INTERNAL_NOTE): State.OPEN,
    (State.OPEN, Action.ASSIGN): State.WAITING_AGENT,
    (State.OPEN, Action.CLOSE): State.CLOSED,
    (State.OPEN, Action.REOPEN): None,
    (State.OPEN, Action.REQUEST_COPY): State.OPEN,
    (State.WAITING_AGENT, Action.CUSTOMER_REPLY): State.WAITING_AGENT,
    (State.WAITING_AGENT, Action.AGENT_REPLY): State.WAITING_CUSTOMER,
    (State.WAITING_AGENT, Action.INTERNAL_NOTE): State.WAITING_AGENT,
    (State.WAITING_AGENT, Action.ASSIGN): State.WAITING_AGENT,
    (State.WAITING_AGENT, Action.CLOSE): State.CLOSED,
    (State.WAITING_AGENT, Action.REOPEN): None,
    (State.WAITING_AGENT, Action.REQUEST_COPY): State.WAITING_AGENT,
    (State.WAITING_CUSTOMER, Action.CUSTOMER_REPLY): State.WAITING_AGENT,
    (State.WAITING_CUSTOMER, Action.AGENT_REPLY): State.WAITING_CUSTOMER,
    (State.WAITING_CUSTOMER, Action.INTERNAL_NOTE): State.WAITING_CUSTOMER,
    (State.WAITING_CUSTOMER, Action.ASSIGN): State.WAITING_CUSTOMER,
    (State.WAITING_CUSTOMER, Action.CLOSE): State.CLOSED,
    (State.WAITING_CUSTOMER, Action.REOPEN): None,
    (State.WAITING_CUSTOMER, Action.REQUEST_COPY): State.WAITING_CUSTOMER,
    (State.CLOSED, Action.CUSTOMER_REPLY): None,
    (State.CLOSED, Action.AGENT_REPLY): None,
    (State.CLOSED, Action.INTERNAL_NOTE): State.CLOSED,
    (State.CLOSED, Action.ASSIGN): None,
    (State.CLOSED, Action.CLOSE): None,
    (State.CLOSED, Action.REOPEN): State.WAITING_AGENT,
    (State.CLOSED, Action.REQUEST_COPY): None,
}


def advance(state: State, action: Action) -> State:
    """The state after `action`; raises TicketStateConflict where the table refuses."""
    after = TRANSITIONS[state, action]
    if after is None:
        raise TicketStateConflict(state=state, action=action)
    return after


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` as histories name it (`user:…`, `api_key:…`, `platform`), `name` for people to read."""

    id: str
    name: str
    is_agent: bool = False


PLATFORM = Actor("platform", "OpenFapiao", is_agent=True)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in, as auth announced it; `is_agent` by role."""

    tenant: TenantId
    id: UUID
    username: str
    display_name: str
    is_agent: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody to whom a ticket can be assigned."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class TicketText:
    """What the one who opens a ticket says."""

    category: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class CopyWish:
    """Which documents of the invoice an agent has sent to whom: `buyer` or `owners`, never an address."""

    to: str
    formats: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket without its texts. `number` counts from 1 in each tenant; `version` grows with every change."""

    tenant: TenantId
    id: TicketId
    number: int
    state: State
    invoice: InvoiceName | None
    agent: Agent | None
    resolution: str | None
    version: int
    updated_at: datetime
    closed_at: datetime | None = None

    @property
    def subject(self) -> UUID:
        """Of its events: the invoice where it is about one, else the ticket itself."""
        return self.invoice.id if self.invoice else self.id


def replied(ticket: Ticket, author: Actor, *, is_internal: bool, now: datetime) -> Ticket:
    """After a word of the customer, of an agent, or of agents among themselves."""
    if is_internal:
        return _moved(ticket, Action.INTERNAL_NOTE, now)
    return _moved(ticket, Action.AGENT_REPLY if author.is_agent else Action.CUSTOMER_REPLY, now)


def assigned(ticket: Ticket, agent: Agent, *, now: datetime) -> Ticket:
    """In the hands of `agent`."""
    return replace(_moved(ticket, Action.ASSIGN, now), agent=agent)


def copy_requested(ticket: Ticket, *, now: datetime) -> Ticket:
    """Its invoice's documents are sent once more; whose turn it is stays as it is."""
    return _moved(ticket, Action.REQUEST_COPY, now)


def closed(ticket: Ticket, resolution: str, *, now: datetime) -> Ticket:
    """Done, with what came of it in words."""
    return replace(_moved(ticket, Action.CLOSE, now), resolution=resolution, closed_at=now)


def reopened(ticket: Ticket, *, now: datetime) -> Ticket:
    """Not done after all: an agent owes an answer."""
    return replace(_moved(ticket, Action.REOPEN, now), resolution=None, closed_at=None)


def _moved(ticket: Ticket, action: Action, now: datetime) -> Ticket:
    state = advance(ticket.state, action)
    return replace(ticket, state=state, version=ticket.version + 1, updated_at=now)
