"""The catalogue of invoice kinds as it stands for one taxpayer: the rule pack, its entitlement, its numbers."""

from datetime import datetime
from typing import Any, NamedTuple
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
from services.invoice.domain.kinds import STOCKED, InvoiceKind, KindEntry
from services.invoice.domain.rules import RulePack
from services.invoice.store.taxpayer import Taxpayer, load_taxpayer

# What is left of this year's digital numbers (kind null) and of each kind's stock, and the order that is not answered.
COUNT_NUMBERS = """
select kind, coalesce(sum(last_number - next_number + 1), 0)::bigint as numbers_left,
  (array_agg(id) filter (where first_number is null))[1] as open_order
from number_blocks
where tenant_id = $1 and taxpayer_id = $2 and (year = $3 or kind is not null)
group by kind
"""


class Supply(NamedTuple):
    """Numbers at hand, and the open order for more."""

    numbers_left: int
    open_order: UUID | None


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
        rows = await tx.fetch(COUNT_NUMBERS, tenant, taxpayer.id, shanghai_day(now).year)
    supplies = {kind: Supply(*supply) for kind, *supply in rows}
    items = [
        _describe(kind, entry, taxpayer, supplies.get(kind if kind in STOCKED else None))
        for kind, entry in rules.kinds.items()
    ]
    items.sort(key=lambda item: not item["allowed"])
    return KindList(items, None, rfc3339(now), taxpayer.id, rules.id)


def _describe(
    kind: InvoiceKind, entry: KindEntry, taxpayer: Taxpayer, supply: Supply | None
) -> dict[str, Any]:
    fields = msgspec.structs.asdict(entry)
    codes = fields.pop("codes")
    del fields["is_issuable"]
    reason = _why_not(kind, entry, taxpayer, supply)
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
        "blocking_draft": supply.open_order if supply and reason is Reason.BLOCKED else None,
        "numbers_left": supply.numbers_left if supply and kind in taxpayer.kinds else None,
    }


def _why_not(kind: InvoiceKind, entry: KindEntry, taxpayer: Taxpayer, supply: Supply | None) -> Reason | None:
    reason = why_not_issuable(entry)
    if reason is not None:
        return reason
    if kind not in taxpayer.kinds:
        return Reason.NOT_ENTITLED
    is_ordered = supply is not None and supply.open_order is not None
    has_numbers = supply is not None and supply.numbers_left > 0
    return Reason.BLOCKED if not has_numbers and (is_ordered or kind in STOCKED) else None
