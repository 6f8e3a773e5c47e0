"""One ticket as clients read it: with its conversation, its history and what is known of its invoice."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from services.support.domain.actions import SafeAction, Subject, list_actions
from services.support.domain.tickets import State, TicketId

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

MOST_LINES = 500

GET_TICKET = """
select k.tenant_id, k.id, k.number, k.category, k.title, k.text, k.state, k.opened_by, k.opened_by_name,
  k.agent_id, k.agent_name, k.resolution, k.version, k.created_at, k.updated_at, k.closed_at, k.invoice_id,
  f.number as invoice_number, f.reference, f.kind, f.buyer_name, f.total, f.status, f.authority_state,
  f.expected_final_by, f.is_final, f.documents, f.deliveries, f.last_problem, f.last_problem_zh, f.last_problem_at,
  f.updated_at as facts_updated_at
from tickets k
left join invoice_facts f on f.tenant_id = k.tenant_id and f.invoice_id = k.invoice_id
where k.tenant_id = $1 and k.id = $2
"""
LIST_REPLIES = """
select id, author, author_name, is_agent, is_internal, text, created_at
from ticket_replies
where tenant_id = $1 and ticket_id = $2 and ($3 or not is_internal)
order by id desc
limit $4
"""
LIST_CHANGES = """
select version, change, state, actor, actor_name, note, request_id, created_at
from ticket_changes
where tenant_id = $1 and ticket_id = $2 and ($3 or change <> 'noted')
order by version desc
limit $4
"""


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What the events of an invoice have told so far; null where none has yet. `total` is with tax."""

    id: UUID
    number: str | None
    reference: str | None
    kind: str | None
    buyer_name: str | None
    total: Decimal | None
    status: str | None
    authority_state: str | None
    expected_final_by: datetime | None
    is_final: bool
    documents: dict[str, str]
    """State by format: `ready` or `failed`."""
    deliveries: dict[str, str]
    """State of the last delivery by channel: `sent` or `failed`."""
    last_problem: str | None
    last_problem_zh: str | None
    last_problem_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyItem:
    id: UUID
    author: str
    author_name: str
    is_agent: bool
    is_internal: bool
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """What led to a version of the ticket, and the state it then had."""

    version: int
    change: str
    state: State
    actor: str
    actor_name: str
    note: str
    request_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TicketAnswer:
    """A ticket; `replies` and `history` hold the newest 500 each, oldest first.

    `actions`: what the reader may do about the invoice at once; none where the ticket is about none.
    """

    tenant_id: UUID
    id: UUID
    number: int
    category: str
    title: str
    text: str
    state: State
    opened_by: str
    opened_by_name: str
    agent_id: UUID | None
    agent_name: str | None
    resolution: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    invoice: InvoiceFacts | None
    replies: list[ReplyItem]
    history: list[ChangeItem]
    actions: list[SafeAction]


async def get_ticket(tx: Tx, tenant: TenantId, ticket_id: TicketId, *, shows_internal: bool) -> TicketAnswer:
    """Internal notes are shown to agents only. Raises NotFound."""
    row = await tx.fetchrow(GET_TICKET, tenant, ticket_id)
    if row is None:
        raise NotFound
    replies = await tx.fetch(LIST_REPLIES, tenant, ticket_id, shows_internal, MOST_LINES)
    changes = await tx.fetch(LIST_CHANGES, tenant, ticket_id, shows_internal, MOST_LINES)
    invoice = _facts(row)
    return _shape(
        TicketAnswer,
        row,
        invoice=invoice,
        replies=[_shape(ReplyItem, reply) for reply in reversed(replies)],
        history=[_shape(ChangeItem, change) for change in reversed(changes)],
        actions=[] if invoice is None else _actions(tenant, ticket_id, invoice, is_agent=shows_internal),
    )


def _actions(
    tenant: TenantId, ticket_id: TicketId, invoice: InvoiceFacts, *, is_agent: bool
) -> list[SafeAction]:
    subject = Subject(tenant, ticket_id, invoice.id, invoice.documents)
    return list_actions(subject, is_agent=is_agent)


def _facts(row: asyncpg.Record) -> InvoiceFacts | None:
    if row["facts_updated_at"] is None:
        return None
    return _shape(
        InvoiceFacts,
        row,
        id=row["invoice_id"],
        number=row["invoice_number"],
        documents=msgspec.json.decode(row["documents"]),
        deliveries=msgspec.json.decode(row["deliveries"]),
        updated_at=row["facts_updated_at"],
    )


def _shape(kind: type[T], row: asyncpg.Record, **given: object) -> T:
    """The dataclass `kind` from the columns of the same names, but for those `given`."""
    names = {field.name for field in fields(kind)} - given.keys()
    return kind(**{name: row[name] for name in names}, **given)
