"""Which invoice stands in the way of one that repeats its reference or what it says."""

from typing import Any

from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.errors import DuplicateInvoice, DuplicateReference

FIND_BY_REFERENCE = "select id, number from invoices where tenant_id = $1 and reference = $2"
FIND_BY_DUPLICATE_KEY = "select id, number from invoices where tenant_id = $1 and duplicate_key = $2"


async def explain(
    pool: Pool, tenant: TenantId, command: IssueInvoice, error: DuplicateReference | DuplicateInvoice
) -> DuplicateReference | DuplicateInvoice:
    """The problem that names the earlier invoice; call it after the transaction that was refused."""
    if isinstance(error, DuplicateReference):
        found = await _find(pool, tenant, FIND_BY_REFERENCE, command.reference)
        return DuplicateReference(reference=command.reference, **found)
    return DuplicateInvoice(**await _find(pool, tenant, FIND_BY_DUPLICATE_KEY, error.values["duplicate_key"]))


async def _find(pool: Pool, tenant: TenantId, statement: str, key: object) -> dict[str, Any]:
    async with transaction(pool, tenant) as tx:
        earlier = await tx.fetchrow(statement, tenant, key)
    return {"invoice_id": str(earlier["id"]), "number": earlier["number"]} if earlier else {}
