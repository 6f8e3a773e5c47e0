"""SQL of what is known of invoices: facts and documents, whichever event came first."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.deliveries import InvoiceFacts, Lack, ReadyDocuments, VoidedInvoice

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
SAVE_DOCUMENTS = """
insert into invoices as i (tenant_id, id, documents)
select *
from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) as ready (tenant_id, id, documents)
order by tenant_id, id
on conflict (tenant_id, id) do update
set documents = i.documents || excluded.documents
"""
SAVE_LACKS = """
insert into invoices as i (tenant_id, id, lacks)
select *
from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) as failed (tenant_id, id, lacks)
order by tenant_id, id
on conflict (tenant_id, id) do update
set lacks = i.lacks || excluded.lacks
"""
MARK_VOIDED = """
update invoices i
set voided_at = v.voided_at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as v (tenant_id, id, voided_at)
where i.tenant_id = v.tenant_id and i.id = v.id
"""
# The lock makes a delivery that is added now, and documents that become ready now, see each other.
LOCK_INVOICE = """
select email, array(select jsonb_object_keys(documents)) as formats
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


async def save_documents(tx: Tx, ready: Sequence[ReadyDocuments]) -> None:
    """Keep where the newest version of each format lies; at most one item an invoice."""
    rows = [
        (
            each.tenant,
            each.invoice_id,
            msgspec.json.encode({one.format: one for one in each.documents}).decode(),
        )
        for each in ready
    ]
    await tx.execute(SAVE_DOCUMENTS, *zip(*rows, strict=True))


async def save_lacks(tx: Tx, lacks: Sequence[Lack]) -> None:
    """Keep why documents could not be made."""
    found: dict[tuple[TenantId, UUID], dict[str, str]] = {}
    for lack in lacks:
        found.setdefault((lack.tenant, lack.invoice_id), {})[lack.format] = lack.reason
    rows = [(*key, msgspec.json.encode(reasons).decode()) for key, reasons in found.items()]
    await tx.execute(SAVE_LACKS, *zip(*rows, strict=True))


async def mark_voided(tx: Tx, voided: Sequence[VoidedInvoice]) -> None:
    """From now on nothing is sent of them."""
    rows = [(invoice.tenant, invoice.id, invoice.voided_at) for invoice in voided]
    if rows:
        await tx.execute(MARK_VOIDED, *zip(*rows, strict=True))


class LockedInvoice(NamedTuple):
    """The stored contact (empty if there is none), and the formats that are ready."""

    email: str
    formats: frozenset[str]


async def lock_invoice(tx: Tx, tenant: TenantId, invoice: UUID) -> LockedInvoice | None:
    """An issued invoice, locked; None if no such invoice is known."""
    row = await tx.fetchrow(LOCK_INVOICE, tenant, invoice)
    return None if row is None else LockedInvoice(row["email"], frozenset(row["formats"]))


LOAD_FACTS = """
select tenant_id, id, number, reference, seller_name, buyer_name, amount_with_tax, issued_at, email, code
from invoices
where tenant_id = $1 and id = $2
"""


async def load_facts(tx: Tx, tenant: TenantId, invoice: UUID) -> InvoiceFacts:
    """Of one that is known to be issued."""
    [row] = await tx.fetch(LOAD_FACTS, tenant, invoice)
    return InvoiceFacts(*row)
