"""Figures over all tenants for the gauges of the business with the authority."""

from datetime import datetime

from msgspec import Struct

from libs.common.db import Tx
from services.invoice.domain.kinds import STOCKED

LOAD_SUBMISSION_FIGURES = """
select count(*) as open, coalesce(extract(epoch from $1 - min(i.created_at)), 0)::float8 as oldest,
  count(*) filter (where i.expected_final_by < $1) as late
from submissions s
join invoices i on i.tenant_id = s.tenant_id and i.id = s.invoice_id
"""
# A taxpayer that has not got its first block yet has none left.
LOAD_NUMBERS_LEFT = """
select coalesce(min(stock.left_over), 0)::bigint
from taxpayers t
cross join lateral (
  select coalesce(sum(b.last_number - b.next_number + 1), 0) as left_over
  from number_blocks b
  where b.tenant_id = t.tenant_id and b.taxpayer_id = t.id and b.year = $1
) stock
where t.channel = 'local_blocks'
"""
LOAD_STOCK_LEFT = """
select wanted.kind, min(stock.left_over)::bigint as left_over
from taxpayers t
cross join unnest(t.kinds) as wanted (kind)
cross join lateral (
  select coalesce(sum(b.last_number - b.next_number + 1), 0) as left_over
  from number_blocks b
  where b.tenant_id = t.tenant_id and b.taxpayer_id = t.id and b.kind = wanted.kind
) stock
where wanted.kind = any ($1::text[])
group by wanted.kind
"""
LOAD_QUOTA_FIGURES = """
select coalesce(extract(epoch from $1 - min(as_of)), 0)::float8 as age,
  count(*) filter (where differs_since < $1 - interval '30 seconds') as differences
from quotas
where period = $2
"""
COUNT_CONNECTORS = "select state, count(*) as connectors from connectors group by state"


class AuthorityFigures(Struct, frozen=True):
    """`numbers_left` and, by kind, `stock_left` are the fewest of any taxpayer; ages are in seconds."""

    submissions_open: int
    submission_oldest_seconds: float
    invoices_late: int
    numbers_left: int
    stock_left: dict[str, int]
    quota_age_seconds: float
    quota_differences: int
    connectors: dict[str, int]


async def load_figures(tx: Tx, *, now: datetime, year: int, period: str) -> AuthorityFigures:
    """As of now, for this year's numbers and this month's quota."""
    open_count, oldest, late = await tx.fetchrow(LOAD_SUBMISSION_FIGURES, now) or (0, 0.0, 0)
    quota_age, differences = await tx.fetchrow(LOAD_QUOTA_FIGURES, now, period) or (0.0, 0)
    return AuthorityFigures(
        submissions_open=open_count,
        submission_oldest_seconds=oldest,
        invoices_late=late,
        numbers_left=await tx.fetchval(LOAD_NUMBERS_LEFT, year),
        stock_left={
            row["kind"]: row["left_over"] for row in await tx.fetch(LOAD_STOCK_LEFT, sorted(STOCKED))
        },
        quota_age_seconds=quota_age,
        quota_differences=differences,
        connectors={row["state"]: row["connectors"] for row in await tx.fetch(COUNT_CONNECTORS)},
    )
