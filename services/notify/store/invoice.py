"""SQL of what is known of invoices: facts and PDF, whichever event came first."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.deliveries import InvoiceFacts, Pdf, VoidedInvoice

# Rows are locked in order of id, so that two workers never deadlock.
SAVE_INVOICES = """
insert into invoices (
  tenant_id, id, number, reference, seller_name, buyer_name, amount_with_tax, issued_at, email, code
)
select *
from unnest(
  $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::timestamptz[], $9::text[],
  $10::text[]
) as issued (tenant_id, id, number, reference, seller_name, buyer_name, amount_with_tax, issued_at, email, code)
order by tenant_id, id
on conflict (tenant_id, id) do update
set number = excluded.number, reference = excluded.reference, seller_name = excluded.seller_name,
    buyer_name = excluded.buyer_name, amount_with_tax = excluded.amount_with_tax, issued_at = excluded.issued_at,
    email = excluded.email, code = excluded.code
"""
SAVE_PDFS = """
insert into invoices as i (
  tenant_id, id, pdf_version, pdf_sha256, pdf_bucket, pdf_key, pdf_version_id, pdf_offset, pdf_length
)
select *
from unnest(
  $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[]
) as ready (tenant_id, id, version, sha256, bucket, key, version_id, "offset", length)
order by tenant_id, id
on conflict (tenant_id, id) do update
set pdf_version = excluded.pdf_version, pdf_sha256 = excluded.pdf_sha256, pdf_bucket = excluded.pdf_bucket,
    pdf_key = excluded.pdf_key, pdf_version_id = excluded.pdf_version_id, pdf_offset = excluded.pdf_offset,
    pdf_length = excluded.pdf_length
where i.pdf_version is null or i.pdf_version < excluded.pdf_version
"""
MARK_VOIDED = """
update invoices i
set voided_at = v.voided_at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as v (tenant_id, id, voided_at)
where i.tenant_id = v.tenant_id and i.id = v.id
"""
# The lock makes a delivery that is added now, and a PDF that becomes ready now, see each other.
LOCK_INVOICE = """
select email
from invoices
where tenant_id = $1 and id = $2 and number is not null
for no key update
"""


async def save_invoices(tx: Tx, invoices: Sequence[InvoiceFacts]) -> None:
    """Keep the facts of issued invoices, each at most once in a call."""
    rows = [
        (
            invoice.tenant,
            invoice.id,
            invoice.number,
            invoice.reference,
            invoice.seller_name,
            invoice.buyer_name,
            invoice.amount_with_tax,
            invoice.issued_at,
            invoice.email,
            invoice.code,
        )
        for invoice in invoices
    ]
    await tx.execute(SAVE_INVOICES, *zip(*rows, strict=True))


async def save_pdfs(tx: Tx, pdfs: Sequence[Pdf]) -> None:
    """Keep where the newest PDF lies, at most one of an invoice in a call."""
    rows = [
        (
            pdf.tenant,
            pdf.invoice_id,
            pdf.version,
            pdf.sha256,
            pdf.bucket,
            pdf.key,
            pdf.version_id,
            pdf.offset,
            pdf.length,
        )
        for pdf in pdfs
    ]
    await tx.execute(SAVE_PDFS, *zip(*rows, strict=True))


async def mark_voided(tx: Tx, voided: Sequence[VoidedInvoice]) -> None:
    """From now on nothing is sent of them."""
    rows = [(invoice.tenant, invoice.id, invoice.voided_at) for invoice in voided]
    if rows:
        await tx.execute(MARK_VOIDED, *zip(*rows, strict=True))


async def lock_invoice(tx: Tx, tenant: TenantId, invoice: UUID) -> str | None:
    """The stored contact (empty if there is none) of an issued invoice, locked; None if no such invoice is known."""
    email: str | None = await tx.fetchval(LOCK_INVOICE, tenant, invoice)
    return email
