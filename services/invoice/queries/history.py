"""The history of an invoice, and whether a tenant's chain is whole."""

from typing import Any

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import InvoiceId, TenantId
from libs.common.pagination import cut_page, decode_cursor
from services.invoice.domain.history import FIRST_HASH, extend_chain
from services.invoice.queries.freshness import load_as_of
from services.invoice.queries.timeline import require_invoice
from services.invoice.store.history import load_chain, load_head

_CHUNK = 5000

LIST_HISTORY = """
select position, time, field, old, new, actor, request_id, reason, event_id, encode(hash, 'hex') as hash
from invoice_history
where tenant_id = $1 and invoice_id = $2 and position > $3
order by position
limit $4
"""


class HistoryPage(Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: str | None
    as_of: str


class Verdict(Struct, frozen=True):
    """`broken_at` is the first position whose row is changed, missing or in a wrong place; None: the chain is whole."""

    checked: int
    broken_at: int | None


async def list_history(
    pool: Pool, tenant: TenantId, invoice_id: InvoiceId, *, limit: int, cursor: str | None
) -> HistoryPage:
    """Oldest first; raises InvoiceNotFound."""
    after = decode_cursor(cursor, tuple[int])[0] if cursor else 0
    async with transaction(pool, tenant) as tx:
        await require_invoice(tx, tenant, invoice_id)
        as_of = await load_as_of(tx, tenant)
        rows = await tx.fetch(LIST_HISTORY, tenant, invoice_id, after, limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row["position"],))
    return HistoryPage([_item(row) for row in page], next_cursor, rfc3339(as_of))


def _item(row: Any) -> dict[str, Any]:
    values = {name: msgspec.Raw(row[name].encode()) for name in ("old", "new")}
    return dict(row) | values | {"time": rfc3339(row["time"])}


async def verify_history(pool: Pool, tenant: TenantId) -> Verdict:
    """Work the whole chain out again and compare every hash, and its end with what was kept of it."""
    position, previous = 0, FIRST_HASH
    async with transaction(pool, tenant) as tx:
        head = await load_head(tx, tenant)
        while links := await load_chain(tx, tenant, position, _CHUNK):
            wanted = extend_chain(position, previous, [link.entry for link in links])
            for link, right in zip(links, wanted, strict=True):
                if (link.position, link.hash) != (right.position, right.hash):
                    return Verdict(right.position - 1, right.position)
            position, previous = wanted[-1].position, wanted[-1].hash
    return Verdict(position, None if (position, previous) == head else position + 1)
