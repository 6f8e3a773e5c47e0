"""Orders for number blocks: written before the bureau is asked, so that a repeated order gets the same block."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId, new_id
from services.invoice.domain.authority import NumberRange
from services.invoice.domain.kinds import STOCKED, InvoiceKind
from services.invoice.store.connector import Due


class BlockOrder(Struct, frozen=True):
    """An order not yet answered, of a year's digital numbers or a kind's stock; `id` is its request id."""

    tenant: TenantId
    id: UUID
    taxpayer_id: TaxpayerId
    seller_tax_id: str
    series: int | InvoiceKind


ORDER_BLOCKS = """
insert into number_blocks (tenant_id, id, taxpayer_id, year, ordered_at)
select w.tenant_id, w.id, w.taxpayer_id, w.year, $5
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[]) as w (tenant_id, id, taxpayer_id, year)
join taxpayers t on t.tenant_id = w.tenant_id and t.id = w.taxpayer_id
where t.channel = 'local_blocks' and $6 > (
  select coalesce(sum(b.last_number - b.next_number + 1), 0)
  from number_blocks b
  where b.tenant_id = w.tenant_id and b.taxpayer_id = w.taxpayer_id and b.year = w.year
)
on conflict (tenant_id, taxpayer_id, year) where first_number is null do nothing
"""
ORDER_STOCK = """
insert into number_blocks (tenant_id, id, taxpayer_id, kind, ordered_at)
select w.tenant_id, w.id, w.taxpayer_id, w.kind, $5
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as w (tenant_id, id, taxpayer_id, kind)
join taxpayers t on t.tenant_id = w.tenant_id and t.id = w.taxpayer_id
where w.kind = any (t.kinds) and $6 > (
  select coalesce(sum(b.last_number - b.next_number + 1), 0)
  from number_blocks b
  where b.tenant_id = w.tenant_id and b.taxpayer_id = w.taxpayer_id and b.kind = w.kind
)
on conflict (tenant_id, taxpayer_id, kind) where first_number is null and kind is not null do nothing
"""
CLAIM_ORDERS = """
with due as (
  select tenant_id, id
  from number_blocks
  where first_number is null and (asked_at is null or asked_at < $2)
  order by ordered_at, kind nulls first
  limit $3
  for update skip locked
)
update number_blocks b
set asked_at = $1
from due
join taxpayers t on t.tenant_id = due.tenant_id
where b.tenant_id = due.tenant_id and b.id = due.id and t.id = b.taxpayer_id
returning b.tenant_id, b.id, b.taxpayer_id, t.tax_id, b.year, b.kind
"""
SAVE_BLOCK = """
update number_blocks
set first_number = $3::numeric, last_number = $4::numeric, next_number = $3::numeric, received_at = $5, code = $6
where tenant_id = $1 and id = $2 and first_number is null
"""


async def order_blocks(
    tx: Tx, taxpayers: Sequence[Due], years: Sequence[int], *, reorder_below: int, now: datetime
) -> None:
    """Note an order for each taxpayer and year of which fewer than `reorder_below` are left and none is open.

    Only for taxpayers that number their digital invoices themselves.
    """
    wanted = [(due.tenant, new_id(), due.taxpayer_id, year) for due in taxpayers for year in years]
    if wanted:
        await tx.execute(ORDER_BLOCKS, *map(list, zip(*wanted, strict=True)), now, reorder_below)


async def order_stock(tx: Tx, taxpayers: Sequence[Due], *, reorder_below: int, now: datetime) -> None:
    """The same for each kind of stock that a taxpayer is entitled to."""
    wanted = [(due.tenant, new_id(), due.taxpayer_id, kind) for due in taxpayers for kind in sorted(STOCKED)]
    if wanted:
        await tx.execute(ORDER_STOCK, *map(list, zip(*wanted, strict=True)), now, reorder_below)


async def claim_orders(tx: Tx, *, now: datetime, asked_before: datetime, limit: int) -> list[BlockOrder]:
    """Orders the bureau has not answered yet and was not asked about lately, oldest first."""
    rows = await tx.fetch(CLAIM_ORDERS, now, asked_before, limit)
    return [
        BlockOrder(tenant, order_id, taxpayer_id, tax_id, InvoiceKind(kind) if kind else year)
        for tenant, order_id, taxpayer_id, tax_id, year, kind in rows
    ]


async def save_block(tx: Tx, order: BlockOrder, block: NumberRange, *, now: datetime) -> None:
    """Record the bureau's answer; a second answer to the same order changes nothing."""
    await tx.execute(SAVE_BLOCK, order.tenant, order.id, block.first, block.last, now, block.code)
