"""Rule packs as they are shown, and what another pack would change of a past period."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import decode_cursor, encode_cursor
from libs.common.problems import FieldError
from services.invoice.data.rule_packs import list_rule_packs, load_rule_pack, rule_pack
from services.invoice.domain.encoding import decode
from services.invoice.domain.invoice import InvoiceLine, Totals
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer
from services.invoice.domain.replay import Change, Printed, find_change
from services.invoice.domain.rules import RulePack
from services.invoice.errors import RulePackNotFound

# What one answer may judge, whatever its limit: long invoices make short pages.
MOST_LINES = 5_000

LIST_ISSUED = """
select id, number, reference, kind, issue_date, rule_pack, content
from invoices
where tenant_id = $1
  and issue_date between $2 and $3
  and (issue_date, id) > ($4, $5)
  and status in ('issued', 'voided')
  and amount_with_tax > 0
order by issue_date, id
limit $6
"""


class PackItem(Struct, frozen=True):
    """`in_force_until` None: no later pack is known."""

    id: str
    in_force_from: str
    in_force_until: str | None
    is_current: bool
    summary: str
    summary_zh: str


class PackList(Struct, frozen=True):
    items: list[PackItem]
    next_cursor: None
    as_of: str


class ChangedInvoice(Struct, frozen=True):
    """An invoice that the other pack would refuse, with the reasons, or give other sums."""

    invoice_id: UUID
    number: str | None
    reference: str | None
    issue_date: date
    rule_pack: str
    change: Literal["refused", "amounts"]
    errors: tuple[FieldError, ...]
    before: Totals
    after: Totals | None


class Replay(Struct, frozen=True, kw_only=True):
    """One page: `judged` invoices of the period, of which `items` would change."""

    rule_pack: str
    first_day: date = msgspec.field(name="from")
    last_day: date = msgspec.field(name="to")
    judged: int
    items: list[ChangedInvoice]
    next_cursor: str | None
    as_of: str


class _Content(Struct, frozen=True):
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    remarks: str
    special_business: dict[str, Any] | None


def list_packs(*, today: date, now: datetime) -> PackList:
    """Every pack, the earliest first."""
    names, current = list_rule_packs(), rule_pack(today).id
    items = []
    for name, following in zip(names, [*names[1:], None], strict=True):
        pack = load_rule_pack(name, date.fromisoformat(name))
        until = None if following is None else (date.fromisoformat(following) - timedelta(days=1)).isoformat()
        items.append(PackItem(name, name, until, name == current, pack.summary, pack.summary_zh))
    return PackList(items, None, rfc3339(now))


def get_pack(name: str) -> RulePack:
    """With the rates that were in force on its first day; raises RulePackNotFound."""
    if name not in list_rule_packs():
        raise RulePackNotFound
    return load_rule_pack(name, date.fromisoformat(name))


async def replay(
    pool: Pool,
    tenant: TenantId,
    pack: str,
    period: tuple[date, date],
    *,
    limit: int,
    cursor: str | None,
    now: datetime,
) -> Replay:
    """Judge the tenant's blue invoices issued in the period; at most `limit` of them, in order of issue."""
    after = decode_cursor(cursor, tuple[date, UUID]) if cursor else (period[0], UUID(int=0))
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_ISSUED, tenant, *period, *after, limit + 1)
    items, judged, lines, next_cursor = [], 0, 0, None
    for row in rows:
        if judged == limit or lines > MOST_LINES:
            previous = rows[judged - 1]
            next_cursor = encode_cursor(previous["issue_date"], previous["id"])
            break
        content = decode(row["content"], _Content)
        judged, lines = judged + 1, lines + len(content.lines)
        if (changed := _find_changed(row, content, pack)) is not None:
            items.append(changed)
        await asyncio.sleep(0)
    return Replay(
        rule_pack=pack,
        first_day=period[0],
        last_day=period[1],
        judged=judged,
        items=items,
        next_cursor=next_cursor,
        as_of=rfc3339(now),
    )


def _find_changed(row: Any, content: _Content, pack: str) -> ChangedInvoice | None:
    """By the rates in force on the day of issue, or on the pack's first day if that is later."""
    day: date = row["issue_date"]
    own = (
        rule_pack(day) if row["rule_pack"] not in list_rule_packs() else load_rule_pack(row["rule_pack"], day)
    )
    other = load_rule_pack(pack, max(day, date.fromisoformat(pack)))
    printed = Printed(
        kind=InvoiceKind(row["kind"]),
        buyer=content.buyer,
        lines=content.lines,
        remarks=content.remarks,
        special_business=content.special_business,
    )
    change = find_change(printed, own, other)
    return None if change is None else _changed(row, content, own.id, change)


def _changed(row: Any, content: _Content, own: str, change: Change) -> ChangedInvoice:
    return ChangedInvoice(
        row["id"],
        row["number"],
        row["reference"],
        row["issue_date"],
        own,
        "refused" if change.errors else "amounts",
        change.errors,
        content.totals,
        change.after,
    )
