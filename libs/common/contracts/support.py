"""Events of support. Subject: the invoice's id for tickets about an invoice, else the ticket's id."""

from typing import ClassVar
from uuid import UUID

from libs.common.contracts.base import Contract


class TicketOpened(Contract, frozen=True):
    """A ticket was opened by a user, or by the platform when an invoice missed its promise."""

    TYPE: ClassVar = "support.ticket_opened.v1"
    number: str | None
    reference: str
    ticket_id: UUID
    ticket_number: int
    title: str
    opened_by: str


class TicketChanged(Contract, frozen=True):
    """A ticket was replied to, assigned, closed or reopened: `change` says which, `state` how it stands."""

    TYPE: ClassVar = "support.ticket_changed.v1"
    number: str | None
    reference: str
    ticket_id: UUID
    ticket_number: int
    change: str
    state: str
    actor: str


CONTRACTS = (TicketOpened, TicketChanged)
