"""The number ledger, every number of every block and of all stock accounted for, and the monthly quota."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339, shanghai_day
from libs.common.db import Pool, transaction
from libs.common.ids import TaxpayerId, TenantId
from libs.common.pagination import cut_page, decode_cursor
from services.invoice.errors import QuotaUnknown
from services.invoice.store.entitlement import period_of
from services.invoice.store.taxpayer import load_taxpayer

# A number below next_number without an invoice cannot be; `unexplained` would show it. $7 null: digital numbers.
LIST_NUMBERS = """
select b.code, lpad(n::text, case when b.code is null then 20 else 8 end, '0') as number, b.id as block_id,
  i.id as invoice_id, i.issued_at,
  case
    when i.status = 'voided' then 'voided'
    when i.status = 'rejected' then 'wasted'
    when i.id is not null then 'used'
    when n < b.next_number then 'unexplained'
    when b.year < $6 then 'wasted'
    else 'allocated'
  end as state,
  b.received_at
from number_blocks b
cross join lateral generate_series(
  greatest(b.first_number, $2::numeric, $4::numeric + 1), least(b.last_number, $3::numeric)
) as n
left join lateral (
  select d.id, d.status, d.issued_at
  from invoices d
  where b.code is null and d.code is null and d.tenant_id = b.tenant_id and d.number = lpad(n::text, 20, '0')
  union all
  select s.id, s.status, s.issued_at
  from invoices s
  where s.code = b.code and s.tenant_id = b.tenant_id and s.number = lpad(n::text, 8, '0')
) i on true
where b.tenant_id = $1
  and b.first_number is not null
  and b.code is not distinct from $7::text
  and b.last_number >= greatest($2::numeric, $4::numeric + 1)
  and b.first_number <= $3::numeric
order by n
limit $5
"""
# Of what was taken from a block, each number must be an invoice's; the rest of a past year is wasted, and so is what a
# rejected red invoice was issued with.
COUNT_NUMBERS = """
with parts as (
  select b.tenant_id, b.year, b.code, least(b.last_number, $3) - greatest(b.first_number, $2) + 1 as held,
    greatest(b.first_number, $2) as first_number, least(b.last_number, $3, b.next_number - 1) as last_taken
  from number_blocks b
  where b.tenant_id = $1 and b.first_number is not null and b.code is not distinct from $5::text
    and b.last_number >= $2 and b.first_number <= $3
),
counted as (
  select p.year, p.held, greatest(p.last_taken - p.first_number + 1, 0) as taken, i.*
  from parts p
  cross join lateral (
    select count(*) filter (where i.status = 'issued') as used, count(*) filter (where i.status = 'voided') as voided,
      count(*) filter (where i.status = 'rejected') as rejected
    from (
      select d.status
      from invoices d
      where p.code is null and d.code is null and d.tenant_id = p.tenant_id
        and d.number between lpad(p.first_number::text, 20, '0') and lpad(p.last_taken::text, 20, '0')
      union all
      select s.status
      from invoices s
      where s.code = p.code and s.tenant_id = p.tenant_id
        and s.number between lpad(p.first_number::text, 8, '0') and lpad(p.last_taken::text, 8, '0')
    ) i
  ) i
)
select coalesce(sum(held), 0)::bigint as numbers,
  coalesce(sum(held - taken) filter (where year >= $4 or year is null), 0)::bigint as allocated,
  coalesce(sum(used), 0)::bigint as used,
  coalesce(sum(voided), 0)::bigint as voided,
  coalesce(sum(rejected + case when year < $4 then held - taken else 0 end), 0)::bigint as wasted,
  coalesce(sum(taken - used - voided - rejected), 0)::bigint as unexplained
from counted
"""
LIST_CODES = """
select distinct code
from number_blocks
where tenant_id = $1 and code is not null
order by code
limit 1000
"""
LOAD_QUOTA = """
select period, total, used, reserved, total - used - reserved as available, is_suspended, as_of
from quotas
where tenant_id = $1 and taxpayer_id = $2 and period = $3
"""
_REASONS = {
    "wasted": "the year ended before the number was used",
    "rejected": "the authority itself had issued the red invoice",
    "voided": "the authority has voided the invoice",
    "unexplained": "no invoice has this number",
}


class LedgerItem(Struct, frozen=True):
    """`state`: allocated, used, voided, wasted, or unexplained, which must not occur."""

    code: str | None
    number: str
    state: str
    invoice_id: UUID | None
    block_id: UUID
    reason: str | None
    time: str


class LedgerCounts(Struct, frozen=True):
    """Over the whole range; `unexplained` is 0 if every number taken has its invoice."""

    numbers: int
    allocated: int
    used: int
    voided: int
    wasted: int
    unexplained: int


class LedgerPage(Struct, frozen=True):
    """`counts`, `unexplained` and the `codes` of the tenant's stock come with the first page."""

    items: list[LedgerItem]
    next_cursor: str | None
    as_of: str
    counts: LedgerCounts | None
    unexplained: int | None
    codes: list[str] | None


class Quota(Struct, frozen=True):
    """Tax-exclusive sums of one calendar month."""

    taxpayer_id: UUID
    period: str
    total: Decimal
    used: Decimal
    reserved: Decimal
    available: Decimal
    suspended: bool
    as_of: str


class NumberSpan(Struct, frozen=True):
    """From `first` to `last`, both included: of digital numbers, or of the numbers under a code."""

    first: str
    last: str
    code: str | None = None


async def list_numbers(
    pool: Pool, tenant: TenantId, span: NumberSpan, *, limit: int, cursor: str | None, now: datetime
) -> LedgerPage:
    """The numbers of the span that the tenant's blocks hold."""
    after = decode_cursor(cursor, tuple[str])[0] if cursor else None
    beyond = Decimal(after) if after is not None and after.isdigit() else Decimal(-1)
    wanted, year = (tenant, Decimal(span.first), Decimal(span.last)), shanghai_day(now).year
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_NUMBERS, *wanted, beyond, limit + 1, year, span.code)
        counted = await tx.fetchrow(COUNT_NUMBERS, *wanted, year, span.code) if cursor is None else None
        codes = await tx.fetch(LIST_CODES, tenant) if cursor is None else None
    page, next_cursor = cut_page(rows, limit, lambda row: (row["number"],))
    counts = None if counted is None else LedgerCounts(*counted)
    return LedgerPage(
        [_ledger_item(row) for row in page],
        next_cursor,
        rfc3339(now),
        counts,
        None if counts is None else counts.unexplained,
        None if codes is None else [row["code"] for row in codes],
    )


def _ledger_item(row: Any) -> LedgerItem:
    state = row["state"]
    time = row["issued_at"] or row["received_at"]
    return LedgerItem(
        code=row["code"],
        number=row["number"],
        state=state,
        invoice_id=row["invoice_id"],
        block_id=row["block_id"],
        reason=_REASONS.get("rejected" if state == "wasted" and row["invoice_id"] else state),
        time=rfc3339(time),
    )


async def get_quota(pool: Pool, tenant: TenantId, taxpayer_id: TaxpayerId | None, *, now: datetime) -> Quota:
    """This month's quota of the named or default taxpayer; raises TaxpayerNotFound, QuotaUnknown."""
    async with transaction(pool, tenant) as tx:
        taxpayer = await load_taxpayer(tx, tenant, taxpayer_id)
        row = await tx.fetchrow(LOAD_QUOTA, tenant, taxpayer.id, period_of(shanghai_day(now)))
    if row is None:
        raise QuotaUnknown
    period, total, used, reserved, available, is_suspended, as_of = row
    return Quota(taxpayer.id, period, total, used, reserved, available, is_suspended, rfc3339(as_of))
