"""Columns of invoices that corrections write: what a red invoice takes back, who replaces whom, drafts that wait."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from libs.common.db import Tx, constraint_problems
from libs.common.ids import InvoiceId, TenantId
from services.invoice.domain.encoding import encode
from services.invoice.domain.invoice import Invoice, Red
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.errors import DuplicateReference
from services.invoice.store.invoice import encode_content

FIND_BY_NUMBER = """
select id
from invoices
where tenant_id = $1 and ((number = $2 and code is null) or (number = right($2, 8) and code = left($2, -8)))
"""
DELETE_SUBMISSION = "delete from submissions where tenant_id = $1 and invoice_id = $2"
LOAD_REFERENCE = "select reference from invoices where tenant_id = $1 and id = $2"
MARK_RED = """
update invoices
set red = $3, blue_id = $4, quota_amount = $5
where tenant_id = $1 and id = $2
"""
LINK_REPLACEMENT = """
with old as (
  update invoices
  set replaced_by = $3, version = version + 1
  where tenant_id = $1 and id = $2
)
update invoices
set replaces = $2
where tenant_id = $1 and id = $3
"""
SAVE_REVERSALS = """
with changed as (
  update invoices
  set reversal = $3, version = version + 1
  where tenant_id = $1 and id = $2
  returning tenant_id, id
)
insert into view_backlog (tenant_id, invoice_id, changed_at)
select tenant_id, id, $4
from changed
on conflict do nothing
"""
INSERT_DRAFT = """
insert into invoices (
  tenant_id, id, taxpayer_id, kind, reference, status, reversal, channel, authority_state, authority_updated_at,
  amount, tax, amount_with_tax, content, fingerprint, version, actor, status_updated_at, expected_final_by, created_at,
  rule_pack, replaces
)
values ($1, $2, $3, $4, $5, 'draft', 'none', $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $8, $15, $8, $16, $17)
"""
DELETE_DRAFT = "delete from invoices where tenant_id = $1 and id = $2 and status = 'draft'"


async def find_by_number(tx: Tx, tenant: TenantId, number: str) -> InvoiceId | None:
    """The tenant's invoice of a 20-digit number, or of code and number together."""
    invoice_id: InvoiceId | None = await tx.fetchval(FIND_BY_NUMBER, tenant, number)
    return invoice_id


async def load_reference(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> str:
    """The tenant's own document number, empty if there is none."""
    return await tx.fetchval(LOAD_REFERENCE, tenant, invoice_id) or ""


async def delete_submission(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> None:
    """The authority has the invoice before it was told of it."""
    await tx.execute(DELETE_SUBMISSION, tenant, invoice_id)


async def mark_red(tx: Tx, tenant: TenantId, invoice_id: InvoiceId, red: Red, quota_amount: Decimal) -> None:
    """A red invoice just saved; `quota_amount` is what it gives back of this month's quota, negative or 0."""
    await tx.execute(MARK_RED, tenant, invoice_id, encode(red).decode(), red.blue_id, quota_amount)


async def link_replacement(tx: Tx, tenant: TenantId, old: InvoiceId, new: InvoiceId) -> None:
    """Both name each other."""
    await tx.execute(LINK_REPLACEMENT, tenant, old, new)


async def save_reversal(tx: Tx, tenant: TenantId, blue: Invoice, *, now: datetime) -> None:
    """How much of a locked blue invoice is taken back; its view lags until the event is shown."""
    await tx.execute(SAVE_REVERSALS, tenant, blue.id, blue.reversal, now)


async def insert_draft(tx: Tx, stored: StoredInvoice, *, expected_final_by: datetime) -> None:
    """An invoice that waits until another may be taken back; raises DuplicateReference."""
    invoice, totals = stored.invoice, stored.invoice.totals
    with constraint_problems(invoices_reference_key=DuplicateReference()):
        await tx.execute(
            INSERT_DRAFT,
            stored.tenant,
            invoice.id,
            stored.taxpayer_id,
            invoice.kind,
            invoice.reference,
            invoice.authority.channel,
            invoice.authority.state,
            stored.created_at,
            totals.amount,
            totals.tax,
            totals.amount_with_tax,
            encode_content(stored),
            invoice.fingerprint,
            stored.actor,
            expected_final_by,
            invoice.rule_pack,
            invoice.replaces,
        )


async def delete_drafts(tx: Tx, tenant: TenantId, drafts: Sequence[InvoiceId]) -> None:
    """To be issued under the same id, or given up."""
    await tx.executemany(DELETE_DRAFT, [(tenant, draft) for draft in drafts])
