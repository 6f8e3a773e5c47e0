"""A timeline for somebody without an account: how far the invoice is, without who did what."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import InvoiceId, TenantId
from services.invoice.errors import TimelineLinkNotFound
from services.invoice.queries.timeline import list_timeline
from services.invoice.store.timeline_link import token_hash

FIND_LINK = "select tenant_id, invoice_id, expires_at from find_timeline_link($1)"
LOAD_SHARED = """
select number, status, authority_state, content -> 'buyer' ->> 'name' as buyer
from invoices
where tenant_id = $1 and id = $2
"""
# What a tenant writes for itself is not shown.
_INTERNAL = ("invoice.tagged.", "invoice.noted.", "support.")


class SharedTimeline(Struct, frozen=True):
    """Names and numbers are masked, actors only told by their kind."""

    number: str | None
    status: str
    authority_state: str
    buyer: str
    items: list[dict[str, Any]]
    expires_at: str
    as_of: str


async def get_shared_timeline(pool: Pool, token: str, *, now: datetime) -> SharedTimeline:
    """Raises TimelineLinkNotFound for a token that is wrong or whose time is over."""
    async with transaction(pool) as tx:
        link = await tx.fetchrow(FIND_LINK, token_hash(token))
    if link is None or link["expires_at"] <= now:
        raise TimelineLinkNotFound
    tenant, invoice_id = TenantId(link["tenant_id"]), InvoiceId(link["invoice_id"])
    async with transaction(pool, tenant) as tx:
        shared = await tx.fetchrow(LOAD_SHARED, tenant, invoice_id)
    if shared is None:
        raise TimelineLinkNotFound
    timeline = await list_timeline(pool, tenant, invoice_id)
    return SharedTimeline(
        number=shared["number"] and mask(shared["number"], 4),
        status=shared["status"],
        authority_state=shared["authority_state"],
        buyer=mask(shared["buyer"], 1),
        items=[
            _redacted(item, shared["number"])
            for item in timeline.items
            if not item["type"].startswith(_INTERNAL)
        ],
        expires_at=rfc3339(link["expires_at"]),
        as_of=timeline.as_of,
    )


def mask(text: str, shown: int) -> str:
    """Only so many characters at either end; nothing where that would be nearly all."""
    if len(text) <= shown * 2 + 1:
        return "***"
    return f"{text[:shown]}***{text[-shown:]}"


def _redacted(item: dict[str, Any], number: str | None) -> dict[str, Any]:
    shown = {name: item[name] for name in ("time", "service", "type", "summary", "summary_zh")}
    if number:
        for name in ("summary", "summary_zh"):
            shown[name] = shown[name].replace(number, mask(number, 4))
    return shown | {"actor": item["actor"].partition(":")[0]}
