"""The monthly quota: what the bureau granted, and what is used of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.authority import QUOTA_REFUSALS


class Grant(Struct, frozen=True):
    """The bureau's word on one month of one taxpayer."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    period: str
    total: Decimal
    is_suspended: bool
    bureau_used: Decimal | None = None


class QuotaMove(Struct, frozen=True):
    """A reserved sum that was issued (`is_issued`) or is free again."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    period: str
    amount: Decimal
    is_issued: bool
    is_reserved: bool = True
    """False for a red invoice: a reservation is never negative."""


# A grant below what is already used cannot be recorded as such; the month is closed instead. The bureau's figure may
# differ from ours while something is under way; `differs_since` begins when nothing is.
SAVE_GRANT = """
insert into quotas as q (tenant_id, taxpayer_id, period, total, is_suspended, as_of, bureau_used)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, taxpayer_id, period) do update
set total = greatest(excluded.total, q.used + q.reserved),
  is_suspended = excluded.is_suspended,
  as_of = excluded.as_of,
  bureau_used = excluded.bureau_used,
  differs_since = case
    when q.used <> excluded.bureau_used
      and not exists (select from submissions s where s.tenant_id = q.tenant_id and s.taxpayer_id = q.taxpayer_id)
    then coalesce(q.differs_since, excluded.as_of)
  end
"""
# Refused by the bureau for want of what it grants now; what is being sent at this moment is left alone.
HASTEN_REFUSED = """
update submissions s
set next_attempt_at = $7
where (s.tenant_id, s.invoice_id) in (
  select w.tenant_id, w.invoice_id
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::numeric[], $5::boolean[]) as g (
    tenant_id, taxpayer_id, period, total, is_suspended
  )
  join quotas q on q.tenant_id = g.tenant_id and q.taxpayer_id = g.taxpayer_id and q.period = g.period
  join submissions w on w.tenant_id = g.tenant_id and w.taxpayer_id = g.taxpayer_id and w.next_attempt_at > $7
  join invoices i on i.tenant_id = w.tenant_id and i.id = w.invoice_id
  where not g.is_suspended and (q.is_suspended or g.total > q.total)
    and i.authority_state = 'waiting_operator' and i.last_error ->> 'code' = any ($6::text[])
  order by w.tenant_id, w.invoice_id
  for update of w skip locked
)
"""
# What the bureau has issued was within its total, even if we do not know that yet.
SETTLE = """
update quotas
set reserved = reserved - case when $6 then $4::numeric else 0 end,
    used = used + case when $5 then $4::numeric else 0 end,
    total = greatest(
      total, reserved - case when $6 then $4::numeric else 0 end + used + case when $5 then $4::numeric else 0 end
    )
where tenant_id = $1 and taxpayer_id = $2 and period = $3
"""


async def save_grants(tx: Tx, grants: Sequence[Grant], *, now: datetime) -> None:
    """Take over the bureau's totals; in a fixed order, as other transactions lock them.

    Where one has grown, what was refused for want of it is sent again at once.
    """
    ordered = sorted(grants, key=lambda grant: (grant.tenant, grant.taxpayer_id, grant.period))
    rows = [(g.tenant, g.taxpayer_id, g.period, g.total, g.is_suspended) for g in ordered]
    if rows:
        await tx.execute(HASTEN_REFUSED, *zip(*rows, strict=True), QUOTA_REFUSALS, now)
    await tx.executemany(
        SAVE_GRANT, [(*row, now, grant.bureau_used) for row, grant in zip(rows, ordered, strict=True)]
    )


async def settle_quota(tx: Tx, moves: Sequence[QuotaMove]) -> None:
    """Commit or release reservations; sorted, so that two workers never wait for each other crosswise."""
    ordered = sorted(moves, key=lambda move: (move.tenant, move.taxpayer_id, move.period))
    rows = [
        (move.tenant, move.taxpayer_id, move.period, move.amount, move.is_issued, move.is_reserved)
        for move in ordered
    ]
    await tx.executemany(SETTLE, rows)
