"""Orders for number blocks: written before the bureau is asked, so that a repeated order gets the same block."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId


class BlockOrder(Struct, frozen=True):
    """An order not yet answered; `id` is the request id at the bureau."""

    tenant: TenantId
    id: UUID
    taxpayer_id: TaxpayerId
    seller_tax_id: str
    year: int


# At most one open order a taxpayer and year; the advisory lock keeps two workers from ordering twice.
ORDER_BLOCK = """
insert into number_blocks (tenant_id, id, taxpayer_id, year, ordered_at)
select $1::uuid, $2::uuid, $3::uuid, $4::smallint, $5::timestamptz
where pg_try_advisory_xact_lock(hashtextextended($3::uuid::text, $4::smallint))
  and not exists (
    select from number_blocks
    where tenant_id = $1 and taxpayer_id = $3 and year = $4 and first_number is null
  )
  and $6 > (
    select coalesce(sum(last_number - next_number + 1), 0)
    from number_blocks
    where tenant_id = $1 and taxpayer_id = $3 and year = $4
  )
"""
LOAD_OPEN_ORDERS = """
select b.tenant_id, b.id, b.taxpayer_id, t.tax_id, b.year
from number_blocks b
join taxpayers t on t.tenant_id = b.tenant_id and t.id = b.taxpayer_id
where b.first_number is null
order by b.ordered_at
limit 50
"""
SAVE_BLOCK = """
update number_blocks
set first_number = $3::numeric, last_number = $4::numeric, next_number = $3::numeric, received_at = $5
where tenant_id = $1 and id = $2 and first_number is null
"""


async def order_block(
    tx: Tx,
    tenant: TenantId,
    taxpayer_id: TaxpayerId,
    year: int,
    *,
    block_id: UUID,
    reorder_below: int,
    now: datetime,
) -> None:
    """Note an order if fewer than `reorder_below` numbers are left and none is open."""
    await tx.execute(ORDER_BLOCK, tenant, block_id, taxpayer_id, year, now, reorder_below)


async def load_open_orders(tx: Tx) -> list[BlockOrder]:
    """Orders the bureau has not answered yet, oldest first."""
    return [BlockOrder(*row) for row in await tx.fetch(LOAD_OPEN_ORDERS)]


async def save_block(tx: Tx, order: BlockOrder, first: str, last: str, *, now: datetime) -> None:
    """Record the bureau's answer; a second answer to the same order changes nothing."""
    await tx.execute(SAVE_BLOCK, order.tenant, order.id, first, last, now)
