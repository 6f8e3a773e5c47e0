"""Every step of every service in the life of one invoice."""

from typing import Any

from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import InvoiceId, TenantId
from services.invoice.errors import InvoiceNotFound
from services.invoice.queries.freshness import load_as_of

HAS_INVOICE = "select exists (select from invoices where tenant_id = $1 and id = $2)"
LIST_TIMELINE = """
select time, service, type, summary, summary_zh, actor, request_id, event_id
from timeline_entries
where tenant_id = $1 and invoice_id = $2
order by time, event_id
limit 1000
"""


class Timeline(Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: None
    as_of: str


async def list_timeline(pool: Pool, tenant: TenantId, invoice_id: InvoiceId) -> Timeline:
    """Oldest first; raises InvoiceNotFound."""
    async with transaction(pool, tenant) as tx:
        await require_invoice(tx, tenant, invoice_id)
        as_of = await load_as_of(tx, tenant)
        rows = await tx.fetch(LIST_TIMELINE, tenant, invoice_id)
    items = [dict(row) | {"time": rfc3339(row["time"])} for row in rows]
    return Timeline(items, None, rfc3339(as_of))


async def require_invoice(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> None:
    """Raises InvoiceNotFound."""
    if not await tx.fetchval(HAS_INVOICE, tenant, invoice_id):
        raise InvoiceNotFound
