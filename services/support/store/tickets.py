"""Tickets in Postgres. Numbers are taken in the statement that inserts, so that an undone ticket leaves no gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from libs.common.db import Tx, constraint_problems
from libs.common.ids import TenantId, new_id
from libs.common.problems import NotFound
from services.support.domain.facts import InvoiceName
from services.support.domain.tickets import Actor, Agent, State, Ticket, TicketId, TicketText
from services.support.errors import TicketStateConflict

INSERT_TICKET = """
with next as (
  insert into ticket_counters as c (tenant_id, last_number)
  values ($1, 1)
  on conflict (tenant_id) do update set last_number = c.last_number + 1
  returning last_number
)
insert into tickets (
  tenant_id, id, number, category, title, text, state, invoice_id, opened_by, opened_by_name, version,
  created_at, updated_at
)
select $1, $2, next.last_number, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10
from next
returning number
"""


async def insert_ticket(tx: Tx, ticket: Ticket, text: TicketText, opened_by: Actor) -> int:
    """Returns the tenant's next ticket number."""
    number: int = await tx.fetchval(
        INSERT_TICKET,
        ticket.tenant,
        ticket.id,
        text.category,
        text.title,
        text.text,
        ticket.state,
        ticket.invoice and ticket.invoice.id,
        opened_by.id,
        opened_by.name,
        ticket.updated_at,
    )
    return number


LOAD_TICKET = """
select k.tenant_id, k.id, k.number, k.state, k.invoice_id, f.number as invoice_number,
  coalesce(f.reference, '') as invoice_reference, k.agent_id, k.agent_name, k.resolution, k.version, k.updated_at,
  k.closed_at
from tickets k
left join invoice_facts f on f.tenant_id = k.tenant_id and f.invoice_id = k.invoice_id
where k.tenant_id = $1 and k.id = $2
for update of k
"""


async def load_ticket(tx: Tx, tenant: TenantId, ticket_id: TicketId) -> Ticket:
    """Locked until the transaction ends; raises NotFound."""
    row = await tx.fetchrow(LOAD_TICKET, tenant, ticket_id)
    if row is None:
        raise NotFound
    return _ticket(row)


FIND_PROMISE_TICKETS = """
select k.tenant_id, k.id, k.invoice_id
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, invoice_id)
join tickets k on k.tenant_id = wanted.tenant_id and k.invoice_id = wanted.invoice_id
where k.category = 'promise' and k.state <> 'closed'
order by k.id
for update of k
"""


async def find_promise_tickets(
    tx: Tx, invoices: Sequence[tuple[TenantId, UUID]]
) -> list[tuple[TenantId, TicketId, UUID]]:
    """Open tickets about missed promises of these invoices, locked: (tenant, ticket, invoice)."""
    tenants, ids = zip(*invoices, strict=True)
    rows = await tx.fetch(FIND_PROMISE_TICKETS, tenants, ids)
    return [(row["tenant_id"], row["id"], row["invoice_id"]) for row in rows]


def _ticket(row: asyncpg.Record) -> Ticket:
    invoice_id, agent_id = row["invoice_id"], row["agent_id"]
    return Ticket(
        tenant=row["tenant_id"],
        id=row["id"],
        number=row["number"],
        state=State(row["state"]),
        invoice=invoice_id and InvoiceName(invoice_id, row["invoice_number"], row["invoice_reference"]),
        agent=agent_id and Agent(agent_id, row["agent_name"]),
        resolution=row["resolution"],
        version=row["version"],
        updated_at=row["updated_at"],
        closed_at=row["closed_at"],
    )


SAVE_TICKET = """
update tickets
set state = $3, agent_id = $4, agent_name = $5, resolution = $6, version = $7, updated_at = $8, closed_at = $9
where tenant_id = $1 and id = $2
"""


async def save_ticket(tx: Tx, ticket: Ticket) -> None:
    """Write what can change of a ticket that was loaded in this transaction.

    Raises TicketStateConflict where it would be the second open one about a missed promise of its invoice.
    """
    agent = (ticket.agent.id, ticket.agent.name) if ticket.agent else (None, None)
    times = (ticket.updated_at, ticket.closed_at)
    row = (ticket.state, *agent, ticket.resolution, ticket.version, *times)
    with constraint_problems(tickets_promise_key=TicketStateConflict(state=ticket.state, action="reopen")):
        await tx.execute(SAVE_TICKET, ticket.tenant, ticket.id, *row)


INSERT_CHANGE = """
insert into ticket_changes (
  tenant_id, ticket_id, version, change, state, actor, actor_name, note, request_id, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a ticket's history: `name` as the table's check lists them, `note` in the actor's words."""

    name: str
    actor: Actor
    note: str
    request_id: str


async def insert_change(tx: Tx, ticket: Ticket, change: Change) -> None:
    """Record what led to this version of the ticket."""
    await tx.execute(
        INSERT_CHANGE,
        ticket.tenant,
        ticket.id,
        ticket.version,
        change.name,
        ticket.state,
        change.actor.id,
        change.actor.name,
        change.note,
        change.request_id,
        ticket.updated_at,
    )


INSERT_REPLY = """
insert into ticket_replies (
  tenant_id, ticket_id, id, author, author_name, is_agent, is_internal, text, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def insert_reply(tx: Tx, ticket: Ticket, author: Actor, text: str, *, is_internal: bool) -> None:
    """Add to the conversation, at the time of the ticket's last change."""
    await tx.execute(
        INSERT_REPLY,
        ticket.tenant,
        ticket.id,
        new_id(),
        author.id,
        author.name,
        author.is_agent,
        is_internal,
        text,
        ticket.updated_at,
    )
