"""Rows of invoices, documents and downloads: every statement that writes, and the claim of work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey, Failure, IssuedInvoice, PendingDocument, StoredDocument

INSERT_INVOICES = """
insert into invoices (
  tenant_id, id, code, number, reference, seller_name, issued_at, body, correlation_id, traceparent, created_at
)
select tenant_id, id, code, number, reference, seller_name, issued_at, body, correlation_id, traceparent, $11
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[],
            $9::text[], $10::text[])
  as issued (tenant_id, id, code, number, reference, seller_name, issued_at, body, correlation_id, traceparent)
on conflict (tenant_id, id) do nothing
"""


async def save_invoices(tx: Tx, invoices: Sequence[IssuedInvoice], *, now: datetime) -> None:
    await tx.execute(
        INSERT_INVOICES,
        [one.tenant for one in invoices],
        [one.id for one in invoices],
        [one.code for one in invoices],
        [one.number for one in invoices],
        [one.reference for one in invoices],
        [one.seller_name for one in invoices],
        [one.issued_at for one in invoices],
        [one.body for one in invoices],
        [one.correlation.id for one in invoices],
        [one.correlation.traceparent for one in invoices],
        now,
    )


INSERT_PENDING_DOCUMENTS = """
insert into documents (tenant_id, invoice_id, format, version, state, claimed_until, created_at)
select issued.tenant_id, issued.invoice_id, formats.format, 1, 'pending', $4, $4
from unnest($1::uuid[], $2::uuid[]) as issued (tenant_id, invoice_id)
cross join unnest($3::text[]) as formats (format)
on conflict (tenant_id, invoice_id, format, version) do nothing
"""


async def save_pending_documents(
    tx: Tx, invoices: Sequence[tuple[TenantId, InvoiceId]], formats: Sequence[str], *, now: datetime
) -> None:
    tenants, ids = [tenant for tenant, _ in invoices], [invoice for _, invoice in invoices]
    await tx.execute(INSERT_PENDING_DOCUMENTS, tenants, ids, list(formats), now)


INSERT_MARKED_DOCUMENTS = """
insert into documents (tenant_id, invoice_id, format, version, state, claimed_until, created_at, mark)
select d.tenant_id, d.invoice_id, d.format, max(d.version) + 1, 'pending', $4, $4, $3
from unnest($1::uuid[], $2::uuid[]) as marked (tenant_id, invoice_id)
join documents d on d.tenant_id = marked.tenant_id and d.invoice_id = marked.invoice_id
group by d.tenant_id, d.invoice_id, d.format
having count(d.mark) = 0
"""


async def save_marked_documents(
    tx: Tx, invoices: Sequence[tuple[TenantId, InvoiceId]], mark: str, *, now: datetime
) -> None:
    """A further version of every format, once."""
    tenants, ids = [tenant for tenant, _ in invoices], [invoice for _, invoice in invoices]
    await tx.execute(INSERT_MARKED_DOCUMENTS, tenants, ids, mark, now)


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
  set claimed_until = $2
  where ctid = any(array(select f.ctid from free f join locked l using (tenant_id, invoice_id)))
    and finished_at is null
    and claimed_until <= $1
  returning tenant_id, invoice_id, format, version, created_at, mark
)
select c.tenant_id, c.invoice_id, c.format, c.version, c.created_at, c.mark,
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
        )
        for row in rows
    ]


RELEASE_DOCUMENTS = """
update documents d
set claimed_until = $5
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[]) as freed (tenant_id, invoice_id, format, version)
where d.tenant_id = freed.tenant_id
  and d.invoice_id = freed.invoice_id
  and d.format = freed.format
  and d.version = freed.version
  and d.finished_at is null
"""


async def release_documents(tx: Tx, keys: Sequence[DocumentKey], *, now: datetime) -> None:
    """Give claims back before their lease ends."""
    if keys:
        await tx.execute(RELEASE_DOCUMENTS, *_columns(keys), now)


SAVE_STORED = """
update documents d
set state = 'ready', finished_at = $11, sha256 = stored.sha256, size = stored.size, bucket = stored.bucket,
    object_key = stored.object_key, object_version_id = stored.object_version_id,
    object_offset = stored.object_offset
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::text[], $8::text[],
            $9::text[], $10::bigint[])
  as stored (tenant_id, invoice_id, format, version, sha256, size, bucket, object_key, object_version_id,
             object_offset)
where d.tenant_id = stored.tenant_id
  and d.invoice_id = stored.invoice_id
  and d.format = stored.format
  and d.version = stored.version
  and d.finished_at is null
returning d.tenant_id, d.invoice_id, d.format, d.version
"""


async def save_stored(tx: Tx, stored: Sequence[StoredDocument], *, now: datetime) -> set[DocumentKey]:
    """Returns those that were still pending: a document that another renderer finished keeps its first copy."""
    if not stored:
        return set()
    rows = await tx.fetch(
        SAVE_STORED,
        *_columns([one.part.document.key for one in stored]),
        [one.part.sha256 for one in stored],
        [one.part.length for one in stored],
        [one.bucket for one in stored],
        [one.object_key for one in stored],
        [one.object_version_id for one in stored],
        [one.part.offset for one in stored],
        now,
    )
    return {DocumentKey(*row) for row in rows}


SAVE_FAILED = """
update documents d
set state = 'failed', finished_at = $7, reason = failed.reason, reason_zh = failed.reason_zh
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[])
  as failed (tenant_id, invoice_id, format, version, reason, reason_zh)
where d.tenant_id = failed.tenant_id
  and d.invoice_id = failed.invoice_id
  and d.format = failed.format
  and d.version = failed.version
  and d.finished_at is null
returning d.tenant_id, d.invoice_id, d.format, d.version
"""


async def save_failed(
    tx: Tx, failed: Sequence[tuple[PendingDocument, Failure]], *, now: datetime
) -> set[DocumentKey]:
    """Returns those that were still pending."""
    if not failed:
        return set()
    rows = await tx.fetch(
        SAVE_FAILED,
        *_columns([document.key for document, _ in failed]),
        [failure.reason for _, failure in failed],
        [failure.reason_zh for _, failure in failed],
        now,
    )
    return {DocumentKey(*row) for row in rows}


def _columns(keys: Sequence[DocumentKey]) -> tuple[list[UUID], list[UUID], list[str], list[int]]:
    return (
        [key.tenant for key in keys],
        [key.invoice for key in keys],
        [key.format for key in keys],
        [key.version for key in keys],
    )


INSERT_DOWNLOAD = """
insert into downloads (tenant_id, id, invoice_id, format, version, actor, via, request_id, downloaded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def insert_download(
    tx: Tx, key: DocumentKey, *, download_id: UUID, actor: str, via: str, request_id: str, now: datetime
) -> None:
    await tx.execute(
        INSERT_DOWNLOAD,
        key.tenant,
        download_id,
        key.invoice,
        key.format,
        key.version,
        actor,
        via,
        request_id,
        now,
    )
