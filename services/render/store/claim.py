"""The claim of work: pending documents, invoice by invoice, under a lease."""

from collections.abc import Sequence
from datetime import datetime

from libs.common.context import Correlation
from libs.common.db import Tx
from services.render.domain import DocumentKey, PendingDocument
from services.render.store.keys import columns

# Tenants take turns, so that nobody's document waits for the thousands of a bulk job; who has any is found by leaps
# through the index. Then what waits of each invoice, by its primary key. The first of those is the lock of the whole
# invoice, so that two renderers never share one. By ctid, so that the plan never depends on how many finished documents
# there are; `finished_at is null` is what pending means, `state = 'pending'` would tempt it to walk the whole backlog.
CLAIM_DOCUMENTS = """
with recursive waiting as (
  (select tenant_id from documents where state = 'pending' order by tenant_id limit 1)
  union all
  select next.tenant_id
  from waiting w
  cross join lateral (
    select d.tenant_id
    from documents d
    where d.state = 'pending' and d.tenant_id > w.tenant_id
    order by d.tenant_id
    limit 1
  ) next
),
turns as (
  select w.tenant_id, next.invoice_id, next.claimed_until,
    row_number() over (partition by w.tenant_id order by next.claimed_until, next.invoice_id) as turn
  from waiting w
  cross join lateral (
    select distinct d.claimed_until, d.invoice_id
    from documents d
    where d.tenant_id = w.tenant_id and d.state = 'pending' and d.claimed_until <= $1 and d.format = any($4::text[])
    order by d.claimed_until, d.invoice_id
    limit $3
  ) next
),
free as materialized (
  select d.tenant_id, d.invoice_id, d.ctid, d.place
  from (select tenant_id, invoice_id from turns order by turn, claimed_until limit $3) t
  cross join lateral (
    select p.tenant_id, p.invoice_id, p.ctid, row_number() over (order by p.format, p.version) as place
    from documents p
    where p.tenant_id = t.tenant_id and p.invoice_id = t.invoice_id and p.finished_at is null
      and p.claimed_until <= $1 and p.format = any($4::text[])
  ) d
),
locked as materialized (
  select tenant_id, invoice_id
  from documents
  where ctid = any(array(select ctid from free where place = 1))
    and finished_at is null
    and claimed_until <= $1
  for update skip locked
),
claimed as (
  update documents
  set claimed_until = $2, attempts = attempts + 1
  where ctid = any(array(select f.ctid from free f join locked l using (tenant_id, invoice_id)))
    and finished_at is null
    and claimed_until <= $1
  returning tenant_id, invoice_id, format, version, created_at, mark, redrawn_for, attempts
)
select c.tenant_id, c.invoice_id, c.format, c.version, c.created_at, c.mark, c.redrawn_for, c.attempts,
  i.number, i.reference, i.issued_at, i.correlation_id, i.traceparent, i.body
from claimed c
join invoices i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
"""


async def claim_documents(
    tx: Tx, limit: int, formats: Sequence[str], *, now: datetime, until: datetime
) -> list[PendingDocument]:
    """All that is free of up to `limit` invoices, each tenant's oldest first; the caller's until `until`."""
    rows = await tx.fetch(CLAIM_DOCUMENTS, now, until, limit, list(formats))
    return [
        PendingDocument(
            key=DocumentKey(row["tenant_id"], row["invoice_id"], row["format"], row["version"]),
            number=row["number"],
            reference=row["reference"],
            issued_at=row["issued_at"],
            correlation=Correlation(row["correlation_id"], row["traceparent"]),
            body=row["body"],
            created_at=row["created_at"],
            mark=row["mark"],
            reason=row["redrawn_for"],
            attempts=row["attempts"],
        )
        for row in rows
    ]


RELEASE_DOCUMENTS = """
update documents d
set claimed_until = $5, attempts = greatest(d.attempts - 1, 0)
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[]) as freed (tenant_id, invoice_id, format, version)
where d.tenant_id = freed.tenant_id
  and d.invoice_id = freed.invoice_id
  and d.format = freed.format
  and d.version = freed.version
  and d.finished_at is null
"""


async def release_documents(tx: Tx, keys: Sequence[DocumentKey], *, now: datetime) -> None:
    """Give claims back before their lease ends; they do not count as attempts."""
    if keys:
        await tx.execute(RELEASE_DOCUMENTS, *columns(keys), now)
