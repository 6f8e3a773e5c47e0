"""Which invoice stands in the way of a reference that is used again."""

from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from services.invoice.errors import DuplicateReference

FIND_BY_REFERENCE = "select id, number from invoices where tenant_id = $1 and reference = $2"


async def explain_duplicate(pool: Pool, tenant: TenantId, reference: str | None) -> DuplicateReference:
    """The problem that names the earlier invoice; call it after the transaction that was refused."""
    async with transaction(pool, tenant) as tx:
        earlier = await tx.fetchrow(FIND_BY_REFERENCE, tenant, reference)
    found = {"invoice_id": str(earlier["id"]), "number": earlier["number"]} if earlier else {}
    return DuplicateReference(reference=reference, **found)
