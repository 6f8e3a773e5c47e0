"""What an invoice consumes at the moment of issue: quota of the month and a number of the taxpayer's blocks.

Both rows stay locked until the transaction ends, so that numbers have no gap and quota is never overdrawn.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.numbering import Number
from services.invoice.domain.parties import Seller
from services.invoice.errors import NumbersExhausted, QuotaExceeded, QuotaUnknown, TaxpayerNotFound
from services.invoice.store.taxpayer import Taxpayer

# One round trip: local blocks commit the quota and take $6 numbers in a row, assigned on issue only reserves.
CONSUME = """
with taxpayer as (
  select tenant_id, id, name, tax_id, address, phone, bank_name, bank_account, channel, is_default,
    kinds
  from taxpayers
  where tenant_id = $1 and ((id = $2) or ($2 is null and is_default))
),
quota as (
  update quotas q
  set used = q.used + case when t.channel = 'local_blocks' then $3 else 0 end,
      reserved = q.reserved + case when t.channel = 'local_blocks' then 0 else $3 end
  from taxpayer t
  where q.tenant_id = $1 and q.taxpayer_id = t.id and q.period = $4
    and not q.is_suspended
    and q.total - q.used - q.reserved >= $3
  returning q.taxpayer_id, t.channel
),
block as (
  select b.tenant_id, b.id
  from number_blocks b
  join quota q on q.taxpayer_id = b.taxpayer_id and q.channel = 'local_blocks'
  where b.tenant_id = $1 and b.year = $5 and b.next_number <= b.last_number
  order by b.first_number
  limit 1
  for update of b
),
taken as (
  update number_blocks b
  set next_number = b.next_number + $6
  from block
  where b.tenant_id = block.tenant_id and b.id = block.id and b.next_number + $6 - 1 <= b.last_number
  returning b.next_number - $6 as first_number
)
select t.tenant_id, t.id, t.name, t.tax_id, t.address, t.phone, t.bank_name, t.bank_account, t.channel, t.is_default,
  t.kinds, exists (select from quota) as has_quota, (select first_number from taken) as first_number
from taxpayer t
"""
# The block that CONSUME waited for was used up meanwhile: take from the next one.
TAKE_NUMBER = """
update number_blocks b
set next_number = b.next_number + 1
where (b.tenant_id, b.id) = (
  select c.tenant_id, c.id
  from number_blocks c
  where c.tenant_id = $1 and c.taxpayer_id = $2 and c.year = $3 and c.next_number <= c.last_number
  order by c.first_number
  limit 1
  for update
)
returning b.next_number - 1
"""
# Stock is taken across blocks, the older first; it may be less than $6.
TAKE_STOCK = """
with quota as (
  update quotas
  set used = used + $4
  where tenant_id = $1 and taxpayer_id = $2 and period = $5
    and not is_suspended
    and total - used - reserved >= $4
  returning tenant_id
),
open as materialized (
  select b.tenant_id, b.id, b.code, b.next_number, b.last_number
  from number_blocks b
  join quota q on q.tenant_id = b.tenant_id
  where b.taxpayer_id = $2 and b.kind = $3 and b.next_number <= b.last_number
  order by b.code, b.first_number
  for update of b
),
share as (
  select *, least(
      last_number - next_number + 1,
      $6 - coalesce(
        sum(last_number - next_number + 1)
          over (order by code, next_number rows between unbounded preceding and 1 preceding),
        0
      )
    ) as taken
  from open
),
taken as (
  update number_blocks b
  set next_number = b.next_number + share.taken
  from share
  where b.tenant_id = share.tenant_id and b.id = share.id and share.taken > 0
  returning b.code, b.next_number - share.taken as first_number, share.taken
)
select exists (select from quota) as has_quota,
  array(
    select t.code || lpad((t.first_number + place)::text, 8, '0')
    from taken t
    cross join generate_series(0, t.taken - 1) as place
    order by t.code, t.first_number, place
  ) as numbers
"""
EXPLAIN_QUOTA = """
select is_suspended, total, total - used - reserved as available
from quotas
where tenant_id = $1 and taxpayer_id = $2 and period = $3
"""


class Entitlement(Struct, frozen=True):
    """The taxpayer that issues, and a number for each invoice: None where the authority will assign it."""

    taxpayer: Taxpayer
    numbers: tuple[Number | None, ...]


def period_of(day: date) -> str:
    """The quota's calendar month, yyyyMM."""
    return f"{day:%Y%m}"


async def consume(
    tx: Tx, tenant: TenantId, taxpayer_id: TaxpayerId | None, *, amount: Decimal, count: int, day: date
) -> Entitlement:
    """Take what `count` invoices of `amount` in all without tax, dated `day`, need: digital numbers.

    Raises TaxpayerNotFound, QuotaExceeded, QuotaUnknown, NumbersExhausted (also when a block ends among several);
    the caller's rollback returns everything.
    """
    row = await tx.fetchrow(CONSUME, tenant, taxpayer_id, amount, period_of(day), day.year, count)
    if row is None:
        raise TaxpayerNotFound
    _, found_id, *party, channel, is_default, kinds, has_quota, first = row
    taxpayer = Taxpayer(
        tenant, found_id, Seller(*party), NumberChannel(channel), is_default, tuple(map(InvoiceKind, kinds))
    )
    if not has_quota:
        raise await _explain_quota(tx, taxpayer, amount, period_of(day))
    if taxpayer.channel is not NumberChannel.LOCAL_BLOCKS:
        return Entitlement(taxpayer, (None,) * count)
    if first is None and count == 1:
        first = await tx.fetchval(TAKE_NUMBER, tenant, taxpayer.id, day.year)
    if first is None:
        raise NumbersExhausted
    return Entitlement(taxpayer, tuple(Number(f"{int(first) + place:020}") for place in range(count)))


async def consume_stock(
    tx: Tx, taxpayer: Taxpayer, kind: InvoiceKind, *, amount: Decimal, count: int, day: date
) -> Entitlement:
    """The same of the taxpayer's stock of a kind; its quota is committed at once, whoever gives digital numbers.

    Raises QuotaExceeded, QuotaUnknown, NumbersExhausted.
    """
    key = (taxpayer.tenant, taxpayer.id, kind)
    has_quota, numbers = await tx.fetchrow(TAKE_STOCK, *key, amount, period_of(day), count) or (False, [])
    if not has_quota:
        raise await _explain_quota(tx, taxpayer, amount, period_of(day))
    if len(numbers) < count:
        raise NumbersExhausted(kind=kind)
    return Entitlement(taxpayer, tuple(Number(each[-8:], each[:-8]) for each in numbers))


async def _explain_quota(tx: Tx, taxpayer: Taxpayer, amount: Decimal, period: str) -> Exception:
    row = await tx.fetchrow(EXPLAIN_QUOTA, taxpayer.tenant, taxpayer.id, period)
    if row is None:
        return QuotaUnknown()
    return QuotaExceeded(
        period=period,
        needed=str(amount),
        available=str(row["available"]),
        total=str(row["total"]),
        suspended=row["is_suspended"],
        taxpayer_id=str(taxpayer.id),
    )
