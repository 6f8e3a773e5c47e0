"""The monthly quota: what the bureau granted, and what is used of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId


class Grant(Struct, frozen=True):
    """The bureau's word on one month of one taxpayer."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    period: str
    total: Decimal
    is_suspended: bool


class QuotaMove(Struct, frozen=True):
    """A reserved sum that was issued (`is_issued`) or is free again."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    period: str
    amount: Decimal
    is_issued: bool


# A grant below what is already used cannot be recorded as such; the month is closed instead.
SAVE_GRANT = """
insert into quotas as q (tenant_id, taxpayer_id, period, total, is_suspended, as_of)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, taxpayer_id, period) do update
set total = greatest(excluded.total, q.used + q.reserved), is_suspended = excluded.is_suspended, as_of = excluded.as_of
"""
SETTLE = """
update quotas
set reserved = reserved - $4, used = used + case when $5 then $4 else 0 end
where tenant_id = $1 and taxpayer_id = $2 and period = $3
"""


async def save_grant(tx: Tx, grant: Grant, *, now: datetime) -> None:
    """Take over the bureau's total."""
    values = (grant.tenant, grant.taxpayer_id, grant.period, grant.total, grant.is_suspended, now)
    await tx.execute(SAVE_GRANT, *values)


async def settle_quota(tx: Tx, moves: Sequence[QuotaMove]) -> None:
    """Commit or release reservations; sorted, so that two workers never wait for each other crosswise."""
    ordered = sorted(moves, key=lambda move: (move.tenant, move.taxpayer_id, move.period))
    rows = [(move.tenant, move.taxpayer_id, move.period, move.amount, move.is_issued) for move in ordered]
    await tx.executemany(SETTLE, rows)
