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


class CopyRequested(Contract, frozen=True):
    """An agent has the documents of a ticket's invoice sent once more, to contacts that are known already.

    `to`: `buyer`, at the contact stored with the invoice, or `owners`, at the addresses bound to the owners' accounts.
    """

    TYPE: ClassVar = "support.copy_requested.v1"
    number: str | None
    reference: str
    ticket_id: UUID
    ticket_number: int
    to: str
    formats: tuple[str, ...]
    reason: str
    """The agent's words; the tenant reads them."""
    actor: str


CONTRACTS = (TicketOpened, TicketChanged, CopyRequested)
