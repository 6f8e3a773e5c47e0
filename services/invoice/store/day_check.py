"""Each taxpayer's days: when they are compared with the authority's books, what ours say, since when they differ."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.authority import DaySummary
from services.invoice.domain.encoding import encode

# From the day of a taxpayer's first invoice on; quiet days too, for the authority may hold something of them.
ADD_DAYS = """
insert into day_checks (tenant_id, taxpayer_id, day, due_at)
select t.tenant_id, t.id, new.day, $2
from taxpayers t
cross join lateral (
  select coalesce(
    (select max(c.day) + 1 from day_checks c where c.tenant_id = t.tenant_id and c.taxpayer_id = t.id),
    (select min(i.issue_date) from invoices i where i.tenant_id = t.tenant_id and i.taxpayer_id = t.id)
  ) as day
) first
cross join lateral generate_series(first.day, $1::date, interval '1 day') as new (day)
on conflict do nothing
"""
CLAIM_DAYS = """
with due as (
  select tenant_id, taxpayer_id, day
  from day_checks
  where due_at <= $1
  order by due_at
  limit $3
  for update skip locked
)
update day_checks c
set due_at = $2
from due
join taxpayers t on t.tenant_id = due.tenant_id and t.id = due.taxpayer_id
where c.tenant_id = due.tenant_id and c.taxpayer_id = due.taxpayer_id and c.day = due.day
returning c.tenant_id, c.taxpayer_id, c.day, t.tax_id
"""
# What the authority has not answered yet may stand in its books or not.
ADD_UP_DAY = """
select count(*) filter (where status = 'issued') as invoices,
  coalesce(sum(amount) filter (where status = 'issued'), 0) as amount,
  coalesce(sum(tax) filter (where status = 'issued'), 0) as tax,
  count(*) filter (where status = 'voided') as voided,
  exists (
    select
    from submissions s
    join invoices o on o.tenant_id = s.tenant_id and o.id = s.invoice_id
    where s.tenant_id = $1 and s.taxpayer_id = $2
      and (o.issue_date = $3
        or (o.issue_date is null and (o.created_at at time zone 'Asia/Shanghai')::date <= $3))
  ) or exists (
    select
    from voids v
    join invoices o on o.tenant_id = v.tenant_id and o.id = v.invoice_id
    where v.tenant_id = $1 and v.taxpayer_id = $2 and v.state = 'requested' and o.issue_date = $3
  ) as is_under_way
from invoices
where tenant_id = $1 and taxpayer_id = $2 and issue_date = $3 and authority_state = 'confirmed'
"""
SAVE_CHECK = """
update day_checks
set checked_at = $4, due_at = $5, difference = $6,
    differs_since = case when $6::jsonb is not null then coalesce(differs_since, $4) end
where tenant_id = $1 and taxpayer_id = $2 and day = $3
"""
# A day that has never been compared is as old as its end.
LOAD_FIGURES = """
select count(*) filter (where differs_since < $1) as differing,
  min(coalesce(checked_at, (day + 1)::timestamp at time zone 'Asia/Shanghai')) filter (where day >= $2) as oldest
from day_checks
where differs_since is not null or day >= $2
"""


class DueDay(NamedTuple):
    """One taxpayer's day."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    day: date
    seller_tax_id: str


class OwnDay(NamedTuple):
    """What the authority has confirmed to us, and whether anything of the day is open with it."""

    summary: DaySummary
    is_under_way: bool


class DayFigures(NamedTuple):
    """Days that have differed for some time, and when the one that waits longest was compared."""

    differing: int
    oldest: datetime | None


async def add_days(tx: Tx, *, until: date, now: datetime) -> None:
    """So that no day is left out."""
    await tx.execute(ADD_DAYS, until, now)


async def claim_days(tx: Tx, *, now: datetime, again_at: datetime, limit: int) -> Sequence[DueDay]:
    """Those that are due, the longest waiting first; due again then, whatever comes of it."""
    return [DueDay(*row) for row in await tx.fetch(CLAIM_DAYS, now, again_at, limit)]


async def add_up_day(tx: Tx, due: DueDay) -> OwnDay:
    """By our books."""
    row = await tx.fetchrow(ADD_UP_DAY, due.tenant, due.taxpayer_id, due.day)
    invoices, amount, tax, voided, is_under_way = row or (0, Decimal(0), Decimal(0), 0, False)
    return OwnDay(DaySummary(invoices, amount, tax, voided), is_under_way)


async def save_check(
    tx: Tx, due: DueDay, difference: DaySummary | None, *, now: datetime, again_at: datetime
) -> None:
    """`difference`: how much more the authority has; None if both say the same."""
    shown = None if difference is None else encode(difference).decode()
    await tx.execute(SAVE_CHECK, due.tenant, due.taxpayer_id, due.day, now, again_at, shown)


async def load_day_figures(tx: Tx, *, differing_before: datetime, recent_from: date) -> DayFigures:
    """For the gauges."""
    row = await tx.fetchrow(LOAD_FIGURES, differing_before, recent_from)
    return DayFigures(*row) if row else DayFigures(0, None)
