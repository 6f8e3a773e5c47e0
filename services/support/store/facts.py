"""What is known of each invoice, learnt from events in sets."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.support.domain.facts import InvoiceName, LearntFacts, id_or_text
from services.support.domain.promises import MissedPromise
from services.support.store.connectors import recovered_before

# A null keeps what was known. A promise is watched anew whenever it moves, until the invoice is final.
SAVE_FACTS = """
insert into invoice_facts as f (
  tenant_id, invoice_id, number, reference, kind, buyer_name, total, status, authority_state, expected_final_by,
  is_final, documents, deliveries, last_problem, last_problem_zh, last_problem_at, is_watched, updated_at, taxpayer_id
)
select tenant_id, invoice_id, number, reference, kind, buyer_name, total, status, authority_state, expected_final_by,
  is_final, documents, deliveries, problem, problem_zh, case when problem is not null then time end,
  expected_final_by is not null and not is_final, time, taxpayer_id
from unnest(
  $1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[],
  $9::text[], $10::text[], $11::timestamptz[], $12::boolean[], $13::jsonb[], $14::jsonb[], $15::text[], $16::text[],
  $17::uuid[]
) as learnt (
  tenant_id, invoice_id, time, number, reference, kind, buyer_name, total,
  status, authority_state, expected_final_by, is_final, documents, deliveries, problem, problem_zh, taxpayer_id
)
order by tenant_id, invoice_id
on conflict (tenant_id, invoice_id) do update
set number = coalesce(excluded.number, f.number),
    reference = coalesce(excluded.reference, f.reference),
    kind = coalesce(excluded.kind, f.kind),
    buyer_name = coalesce(excluded.buyer_name, f.buyer_name),
    total = coalesce(excluded.total, f.total),
    status = coalesce(excluded.status, f.status),
    authority_state = coalesce(excluded.authority_state, f.authority_state),
    expected_final_by = coalesce(excluded.expected_final_by, f.expected_final_by),
    is_final = f.is_final or excluded.is_final,
    documents = f.documents || excluded.documents,
    deliveries = f.deliveries || excluded.deliveries,
    last_problem = coalesce(excluded.last_problem, f.last_problem),
    last_problem_zh = case when excluded.last_problem is null then f.last_problem_zh else excluded.last_problem_zh end,
    last_problem_at = coalesce(excluded.last_problem_at, f.last_problem_at),
    is_watched = not (f.is_final or excluded.is_final)
      and (f.is_watched
           or (excluded.expected_final_by is not null
               and excluded.expected_final_by is distinct from f.expected_final_by)),
    updated_at = greatest(f.updated_at, excluded.updated_at),
    taxpayer_id = coalesce(excluded.taxpayer_id, f.taxpayer_id)
"""


async def save_facts(tx: Tx, learnt: Sequence[LearntFacts]) -> None:
    """Merge into what is known; at most one item an invoice. The fields stand in the statement's order."""
    names = [column.name for column in fields(LearntFacts)]
    columns = {name: [getattr(facts, name) for facts in learnt] for name in names}
    for name in ("documents", "deliveries"):
        columns[name] = [msgspec.json.encode(states).decode() for states in columns[name]]
    await tx.execute(SAVE_FACTS, *columns.values())


FIND_INVOICE = """
select invoice_id, number, coalesce(reference, '') as reference
from invoice_facts
where tenant_id = $1 and (invoice_id = $2 or number = $3)
limit 1
"""


async def find_invoice(tx: Tx, tenant: TenantId, name: str) -> InvoiceName | None:
    """The tenant's invoice with this id or this number, if an event told of it."""
    row = await tx.fetchrow(FIND_INVOICE, tenant, *id_or_text(name))
    return InvoiceName(row["invoice_id"], row["number"], row["reference"]) if row else None


LOAD_READY = """
select status, documents
from invoice_facts
where tenant_id = $1 and invoice_id = $2
"""


async def load_ready(tx: Tx, tenant: TenantId, invoice: UUID) -> tuple[str | None, frozenset[str]]:
    """The invoice's status, and the formats of which there is a document."""
    row = await tx.fetchrow(LOAD_READY, tenant, invoice)
    documents = msgspec.json.decode(row["documents"], type=dict[str, str]) if row else {}
    ready = frozenset(name for name, state in documents.items() if state == "ready")
    return row["status"] if row else None, ready


# Where a ticket speaks for all that waits for a connection, no more is to be done than to wait.
HAS_OVERDUE = """
select exists (
  select
  from invoice_facts f
  where f.is_watched and f.expected_final_by < $1
    and not exists (
      select from connectors c
      where c.tenant_id = f.tenant_id and c.taxpayer_id = f.taxpayer_id and c.ticket_id is not null
    )
)
"""


async def has_overdue(tx: Tx, before: datetime) -> bool:
    """Whether a watched promise ended before this instant."""
    answer: bool = await tx.fetchval(HAS_OVERDUE, before)
    return answer


CLAIM_OVERDUE = """
with claimed as (
  select w.tenant_id, w.invoice_id
  from invoice_facts w
  where w.is_watched and w.expected_final_by < $1
    and not exists (
      select from connectors c
      where c.tenant_id = w.tenant_id and c.taxpayer_id = w.taxpayer_id and (c.state <> 'ok' or c.since > $2)
    )
  order by w.expected_final_by
  limit 1
  for update skip locked
)
update invoice_facts f
set is_watched = false
from claimed c
where f.tenant_id = c.tenant_id and f.invoice_id = c.invoice_id
returning f.tenant_id, f.invoice_id, f.number, coalesce(f.reference, '') as reference, f.expected_final_by,
  coalesce(f.authority_state, 'not_submitted') as authority_state, f.last_problem, f.last_problem_zh,
  exists (
    select from tickets k
    where k.tenant_id = f.tenant_id and k.invoice_id = f.invoice_id and k.category = 'promise' and k.state <> 'closed'
  ) as has_ticket
"""


async def claim_overdue(tx: Tx, before: datetime) -> MissedPromise | None:
    """Take the oldest watched promise that ended before this instant; nobody is given it again.

    Not where the taxpayer's connection with the bureau is closed, or has only just come back.
    """
    row = await tx.fetchrow(CLAIM_OVERDUE, before, recovered_before(before))
    if row is None:
        return None
    return MissedPromise(
        tenant=row["tenant_id"],
        invoice=InvoiceName(row["invoice_id"], row["number"], row["reference"]),
        expected_final_by=row["expected_final_by"],
        authority_state=row["authority_state"],
        problem=row["last_problem"],
        problem_zh=row["last_problem_zh"],
        has_ticket=row["has_ticket"],
    )
