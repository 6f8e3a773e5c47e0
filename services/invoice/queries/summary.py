"""Counts and sums of a tenant's invoices by state, from counters that the views keep: quick however many there are."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from libs.common.clock import rfc3339, shanghai_day
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from services.invoice.queries.freshness import load_as_of

# `period`: 1 today, 2 this month before today, 3 earlier; one row a state and period, never more than a few hundred.
SUMMARISE = """
select case when day = $2 then 1 when day >= date_trunc('month', $2::date)::date then 2 else 3 end as period,
  status, authority_state, reversal, sum(invoices)::bigint as invoices, sum(amount) as amount, sum(tax) as tax,
  sum(amount_with_tax) as amount_with_tax
from invoice_counts
where tenant_id = $1
group by 1, 2, 3, 4
having sum(invoices) <> 0
"""


class Sums(Struct):
    """Filled while the counters are added up."""

    invoices: int = 0
    amount: Decimal = Decimal("0.00")
    tax: Decimal = Decimal("0.00")
    amount_with_tax: Decimal = Decimal("0.00")

    def add(self, row: Any) -> None:
        self.invoices += row["invoices"]
        self.amount += row["amount"]
        self.tax += row["tax"]
        self.amount_with_tax += row["amount_with_tax"]


class Summary(Struct):
    """Only states that occur. Sums are of all invoices in that state, red ones with their sign."""

    total: Sums
    today: Sums
    this_month: Sums
    by_status: dict[str, Sums]
    by_authority_state: dict[str, Sums]
    by_reversal: dict[str, Sums]
    as_of: str


async def summarise(pool: Pool, tenant: TenantId, *, now: datetime) -> Summary:
    """Days and months are those of Asia/Shanghai."""
    async with transaction(pool, tenant) as tx:
        as_of = await load_as_of(tx, tenant)
        rows = await tx.fetch(SUMMARISE, tenant, shanghai_day(now))
    summary = Summary(Sums(), Sums(), Sums(), {}, {}, {}, rfc3339(as_of))
    for row in rows:
        for sums in _sums_of(summary, row):
            sums.add(row)
    return summary


def _sums_of(summary: Summary, row: Any) -> list[Sums]:
    chosen = [
        summary.total,
        summary.by_status.setdefault(row["status"], Sums()),
        summary.by_authority_state.setdefault(row["authority_state"], Sums()),
        summary.by_reversal.setdefault(row["reversal"], Sums()),
    ]
    if row["period"] <= 2:
        chosen.append(summary.this_month)
    if row["period"] == 1:
        chosen.append(summary.today)
    return chosen
