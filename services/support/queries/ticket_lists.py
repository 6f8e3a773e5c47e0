"""Lists of tickets: of one tenant, or of all for an agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from libs.common.clock import utc_now
from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, id_below
from services.support.domain.facts import id_or_text
from services.support.domain.tickets import State


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket of a list; the `invoice_…` fields are null where it is about no invoice or they are not known yet."""

    tenant_id: UUID
    tenant_name: str | None
    id: UUID
    number: int
    category: str
    title: str
    state: State
    invoice_id: UUID | None
    invoice_number: str | None
    invoice_reference: str | None
    invoice_status: str | None
    invoice_authority_state: str | None
    agent_id: UUID | None
    agent_name: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TicketPage:
    items: list[TicketSummary]
    next_cursor: str | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class TicketsWanted:
    """Filters and page; `invoice` is a number or an id."""

    state: State | None = None
    invoice: str | None = None
    limit: int = 50
    cursor: str | None = None


LIST_TICKETS = """
select tenant_id, tenant_name, id, number, category, title, state, invoice_id, invoice_number, invoice_reference,
  invoice_status, invoice_authority_state, agent_id, agent_name, version, created_at, updated_at
from ticket_summaries
where tenant_id = $1
  and ($2::text is null or state = $2)
  and ($3::uuid is null or invoice_id = $3)
  and ($4::text is null or invoice_number = $4)
  and id < $5
order by id desc
limit $6
"""


async def list_tickets(tx: Tx, tenant: TenantId, wanted: TicketsWanted) -> TicketPage:
    """Of one tenant, newest first."""
    return _page(await tx.fetch(LIST_TICKETS, tenant, *_arguments(wanted)), wanted.limit)


LIST_ALL_TICKETS = """
select tenant_id, tenant_name, id, number, category, title, state, invoice_id, invoice_number, invoice_reference,
  invoice_status, invoice_authority_state, agent_id, agent_name, version, created_at, updated_at
from list_all_tickets($1, $2, $3, $4, $5, $6, $7)
"""


async def list_all_tickets(tx: Tx, agent: str, wanted: TicketsWanted, *, request_id: str) -> TicketPage:
    """Of all tenants, newest first; that this agent asked is recorded in the same transaction."""
    rows = await tx.fetch(LIST_ALL_TICKETS, agent, request_id, *_arguments(wanted))
    return _page(rows, wanted.limit)


def _arguments(wanted: TicketsWanted) -> tuple[object, ...]:
    invoice = id_or_text(wanted.invoice) if wanted.invoice else (None, None)
    return (wanted.state, *invoice, id_below(wanted.cursor), wanted.limit + 1)


def _page(rows: Sequence[asyncpg.Record], limit: int) -> TicketPage:
    items, next_cursor = cut_page(
        [TicketSummary(**row) for row in rows], limit, key=lambda ticket: (ticket.id,)
    )
    return TicketPage(list(items), next_cursor, as_of=utc_now())
