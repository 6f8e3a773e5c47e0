"""History of invoices: changes wait in a backlog until one writer at a time puts them into their tenants' chains."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.history import FIRST_HASH, Entry, Link

# So many invoices are worth a plan of their own: one kept since the views had few rows would, until they are analyzed,
# walk an index of the whole tenant for each (skip scan, PostgreSQL 18).
MANY = 50
PLAN_ANEW = "set local plan_cache_mode = force_custom_plan"
PLAN_AS_EVER = "set local plan_cache_mode = auto"
LOAD_FIELDS = """
select v.id, v.status, v.code, v.number, v.authority_state, v.reversal, v.tags
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
join invoice_views v on v.tenant_id = wanted.tenant_id and v.id = wanted.id
"""
ADD_ENTRIES = """
insert into history_backlog (
  tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
)
select tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
from unnest(
  $1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[],
  $9::text[], $10::text[]
) with ordinality as e (
  tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason, place
)
order by place
"""
TRY_LOCK_CHAINS = "select pg_try_advisory_xact_lock(7103)"
TAKE_ENTRIES = """
with taken as (
  delete from history_backlog
  where place in (select place from history_backlog order by place limit $1)
  returning place, tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
)
select tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
from taken
order by place
"""
LOAD_TOLD = """
select h.event_id, h.field
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, invoice_id)
join invoice_history h on h.tenant_id = wanted.tenant_id and h.invoice_id = wanted.invoice_id
"""
LOAD_HEADS = "select tenant_id, position, hash from history_heads where tenant_id = any($1::uuid[])"
SAVE_HEADS = """
insert into history_heads (tenant_id, position, hash)
select tenant_id, position, hash
from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as h (tenant_id, position, hash)
on conflict (tenant_id) do update set position = excluded.position, hash = excluded.hash
"""
ADD_LINKS = """
insert into invoice_history (
  position, hash, tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
)
select *
from unnest(
  $1::bigint[], $2::bytea[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[], $8::jsonb[],
  $9::jsonb[], $10::text[], $11::text[], $12::text[]
)
"""
LOAD_CHAIN = """
select position, hash, tenant_id, invoice_id, event_id, time, field, old, new, actor, request_id, reason
from invoice_history
where tenant_id = $1 and position > $2
order by position
limit $3
"""
LOAD_HEAD = "select position, hash from history_heads where tenant_id = $1"


async def load_fields(tx: Tx, subjects: Sequence[tuple[TenantId, UUID]]) -> dict[UUID, dict[str, Any]]:
    """The invoices' fields as the views show them; a new one is missing."""
    columns = ([tenant for tenant, _ in subjects], [invoice for _, invoice in subjects])
    is_planned_anew = len(subjects) >= MANY
    if is_planned_anew:
        await tx.execute(PLAN_ANEW)
    rows = await tx.fetch(LOAD_FIELDS, *columns)
    if is_planned_anew:
        await tx.execute(PLAN_AS_EVER)
    return {row["id"]: dict(row) for row in rows}


async def add_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Changes in their order."""
    await tx.execute(ADD_ENTRIES, *_columns(entries))


async def take_entries(tx: Tx, limit: int) -> list[Entry] | None:
    """The oldest that wait; None while another writer is at work."""
    if not await tx.fetchval(TRY_LOCK_CHAINS):
        return None
    return [Entry(*row) for row in await tx.fetch(TAKE_ENTRIES, limit)]


async def load_told(tx: Tx, entries: Sequence[Entry]) -> set[tuple[UUID, str]]:
    """(event, field) of what the chains hold of these entries' invoices."""
    invoices = list({(entry.tenant, entry.invoice_id) for entry in entries})
    rows = await tx.fetch(LOAD_TOLD, [tenant for tenant, _ in invoices], [invoice for _, invoice in invoices])
    return {(row["event_id"], row["field"]) for row in rows}


async def load_heads(tx: Tx, tenants: Iterable[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """Where each chain ends; a new one has no row."""
    rows = await tx.fetch(LOAD_HEADS, list(tenants))
    return {row["tenant_id"]: (row["position"], row["hash"]) for row in rows}


async def save_chains(tx: Tx, chains: Sequence[Sequence[Link]]) -> None:
    """New links of several tenants, and where their chains end now."""
    links = [link for chain in chains for link in chain]
    columns = [[link.position for link in links], [link.hash for link in links]]
    await tx.execute(ADD_LINKS, *columns, *_columns([link.entry for link in links]))
    heads = [chain[-1] for chain in chains]
    await tx.execute(
        SAVE_HEADS,
        [head.entry.tenant for head in heads],
        [head.position for head in heads],
        [head.hash for head in heads],
    )


async def load_chain(tx: Tx, tenant: TenantId, after: int, limit: int) -> list[Link]:
    """Links in their order."""
    rows = await tx.fetch(LOAD_CHAIN, tenant, after, limit)
    return [Link(position, digest, Entry(*columns)) for position, digest, *columns in rows]


async def load_head(tx: Tx, tenant: TenantId) -> tuple[int, bytes]:
    """Position and hash of the last link as it was written."""
    row = await tx.fetchrow(LOAD_HEAD, tenant)
    return (0, FIRST_HASH) if row is None else (row["position"], row["hash"])


def _columns(entries: Sequence[Entry]) -> list[list[object]]:
    names = Entry.__struct_fields__
    return [[getattr(entry, name) for entry in entries] for name in names]
