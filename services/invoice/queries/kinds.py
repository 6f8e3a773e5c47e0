"""The catalogue of invoice kinds as it stands for one taxpayer: the rule pack, its entitlement, its numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339, shanghai_day
from libs.common.db import Pool, transaction
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.kind_texts import (
    CORRECTIONS,
    EXPLANATIONS,
    REASONS,
    REMEDIES,
    Bilingual,
    Reason,
    corrections,
    why_not_issuable,
)
from services.invoice.domain.kinds import InvoiceKind, KindEntry
from services.invoice.domain.rules import RulePack
from services.invoice.store.taxpayer import Taxpayer, load_taxpayer

# The order that is not answered yet, where it is all that stands between the taxpayer and a number.
FIND_BLOCKING_ORDER = """
select o.id
from number_blocks o
where o.tenant_id = $1 and o.taxpayer_id = $2 and o.year = $3 and o.first_number is null
  and not exists (
    select
    from number_blocks b
    where b.tenant_id = o.tenant_id and b.taxpayer_id = o.taxpayer_id and b.year = o.year
      and b.next_number <= b.last_number
  )
"""


class KindList(Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: None
    as_of: str
    taxpayer_id: UUID
    rule_pack: str


async def list_kinds(
    pool: Pool, tenant: TenantId, taxpayer_id: TaxpayerId | None, rules: RulePack, *, now: datetime
) -> KindList:
    """Every kind of the bureau's list, those that can be chosen first; raises TaxpayerNotFound."""
    async with transaction(pool, tenant) as tx:
        taxpayer = await load_taxpayer(tx, tenant, taxpayer_id)
        blocking = await tx.fetchval(FIND_BLOCKING_ORDER, tenant, taxpayer.id, shanghai_day(now).year)
    items = [_describe(kind, entry, taxpayer, blocking) for kind, entry in rules.kinds.items()]
    items.sort(key=lambda item: not item["allowed"])
    return KindList(items, None, rfc3339(now), taxpayer.id, rules.id)


def _describe(
    kind: InvoiceKind, entry: KindEntry, taxpayer: Taxpayer, blocking: UUID | None
) -> dict[str, Any]:
    fields = msgspec.structs.asdict(entry)
    codes = fields.pop("codes")
    del fields["is_issuable"]
    reason = _why_not(kind, entry, taxpayer, blocking)
    text = Bilingual(entry.reason, entry.reason_zh) if reason is None else REASONS.get(reason)
    remedy = Bilingual("", "") if reason is None else REMEDIES[reason]
    ways = corrections(entry)
    return {
        **fields,
        "kind": kind,
        "code": codes.bureau,
        "explanation": EXPLANATIONS[entry.medium].text,
        "explanation_zh": EXPLANATIONS[entry.medium].text_zh,
        "is_voidable": entry.is_voidable,
        "corrections": ways,
        "correction": CORRECTIONS[ways].text,
        "correction_zh": CORRECTIONS[ways].text_zh,
        "allowed": reason is None,
        "reason_code": reason,
        "reason": entry.reason if text is None else text.text,
        "reason_zh": entry.reason_zh if text is None else text.text_zh,
        "remedy": remedy.text,
        "remedy_zh": remedy.text_zh,
        "blocking_draft": blocking if reason is Reason.BLOCKED else None,
    }


def _why_not(kind: InvoiceKind, entry: KindEntry, taxpayer: Taxpayer, blocking: UUID | None) -> Reason | None:
    reason = why_not_issuable(entry)
    if reason is not None:
        return reason
    if kind not in taxpayer.kinds:
        return Reason.NOT_ENTITLED
    return None if blocking is None else Reason.BLOCKED
