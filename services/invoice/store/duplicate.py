"""The column `duplicate_key`: at most one invoice of a tenant holds a key, as long as it stands."""

from collections.abc import Sequence

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.invoice.domain.duplicates import Twin

FIND_TWINS = """
select duplicate_key, id, number
from invoices
where tenant_id = $1 and duplicate_key = any($2::text[])
"""
RELEASE_DUPLICATE_KEYS = """
update invoices i
set duplicate_key = null
from unnest($1::uuid[], $2::uuid[]) as ended (tenant_id, id)
where i.tenant_id = ended.tenant_id and i.id = ended.id and i.duplicate_key is not null
"""


async def find_twins(tx: Tx, tenant: TenantId, keys: Sequence[str]) -> dict[str, Twin]:
    """Who holds which of the keys."""
    rows = await tx.fetch(FIND_TWINS, tenant, keys)
    return {row["duplicate_key"]: Twin(row["id"], row["number"]) for row in rows}


async def release_duplicate_keys(tx: Tx, ended: Sequence[tuple[TenantId, InvoiceId]]) -> None:
    """Of invoices that are rejected, voided or wholly reversed: the same may be issued again."""
    if ended:
        await tx.execute(RELEASE_DUPLICATE_KEYS, *zip(*ended, strict=True))


async def release_duplicate_key(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> None:
    """Of one such invoice."""
    await release_duplicate_keys(tx, [(tenant, invoice_id)])
