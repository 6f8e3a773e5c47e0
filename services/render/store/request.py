"""Invoices of which documents are wanted, and the pending rows of documents: at issue, on a void, on demand, again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey, IssuedInvoice, Redraw

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


INSERT_WANTED_DOCUMENT = """
insert into documents (tenant_id, invoice_id, format, version, state, claimed_until, created_at, mark)
select i.tenant_id, i.id, $3, 1, 'pending', $4, $4,
  (select max(d.mark) from documents d where d.tenant_id = i.tenant_id and d.invoice_id = i.id)
from invoices i
where i.tenant_id = $1 and i.id = $2
on conflict (tenant_id, invoice_id, format, version) do nothing
"""


async def save_wanted_document(
    tx: Tx, tenant: TenantId, invoice: UUID, file_format: str, *, now: datetime
) -> None:
    """The first version of a format, marked as the others are; nothing if there is one, or no such invoice."""
    await tx.execute(INSERT_WANTED_DOCUMENT, tenant, invoice, file_format, now)


INSERT_REDRAWN_DOCUMENT = """
insert into documents (
  tenant_id, invoice_id, format, version, state, claimed_until, created_at, mark, redrawn_for, redrawn_by
)
values ($1, $2, $3, $4, 'pending', $5, $5, $6, $7, $8)
on conflict (tenant_id, invoice_id, format, version) do nothing
returning 1
"""


async def save_redrawn_document(
    tx: Tx, key: DocumentKey, mark: str | None, *, redraw: Redraw, now: datetime
) -> bool:
    """A version that somebody wants; False if that version is there."""
    row = (*key, now, mark, redraw.reason, redraw.actor)
    return bool(await tx.fetchval(INSERT_REDRAWN_DOCUMENT, *row))


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
