"""A timeline for somebody without an account: how far the invoice is, without who did what to whom."""

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
# A stranger reads these texts, never those that name addresses, numbers or what somebody wrote; no other steps.
_TEXTS = {
    "invoice.accepted.v1": ("Accepted; the authority assigns the number", "已受理，等待税局赋号"),
    "invoice.issued.v1": ("Issued", "已开具"),
    "invoice.confirmed.v1": ("Confirmed by the authority", "税局已确认"),
    "invoice.rejected.v1": ("Refused by the authority", "税局已拒绝"),
    "invoice.authority_delayed.v1": ("The authority has not answered yet", "税局尚未答复"),
    "invoice.overdue.v1": (
        "Late: the authority's final word did not come in time",
        "未能在承诺时间内得到税局最终结果",
    ),
    "invoice.resubmitted.v1": ("Submitted again under the same number", "以原号码重新上传"),
    "invoice.red_form_changed.v1": ("A red-letter form has moved", "红字信息确认单状态变更"),
    "invoice.reversed.v1": ("Reversed by a red invoice", "已冲红"),
    "invoice.void_requested.v1": ("Voiding was asked for", "已申请作废"),
    "invoice.void_refused.v1": ("Voiding was refused", "作废未获受理"),
    "invoice.voided.v1": ("Voided", "已作废"),
    "render.documents_ready.v1": ("The documents are ready", "发票文件已生成"),
    "render.document_failed.v1": ("A document could not be made", "发票文件生成失败"),
    "notify.delivery_sent.v1": ("Sent", "已发送"),
    "notify.delivery_failed.v1": ("Could not be sent", "发送失败"),
}


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
        items=[_redacted(item) for item in timeline.items if item["type"] in _TEXTS],
        expires_at=rfc3339(link["expires_at"]),
        as_of=timeline.as_of,
    )


def mask(text: str, shown: int) -> str:
    """Only so many characters at either end; nothing where that would be nearly all."""
    if len(text) <= shown * 2 + 1:
        return "***"
    return f"{text[:shown]}***{text[-shown:]}"


def _redacted(item: dict[str, Any]) -> dict[str, Any]:
    summary, summary_zh = _TEXTS[item["type"]]
    shown = {name: item[name] for name in ("time", "service", "type")}
    actor = item["actor"].partition(":")[0]
    return {**shown, "summary": summary, "summary_zh": summary_zh, "actor": actor}
