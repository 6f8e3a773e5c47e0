"""Order an archive, or call it off."""

from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.export import MOST_OPEN_EXPORTS, ExportOrder
from services.invoice.errors import ExportEnded, TooManyExports
from services.invoice.store.export import add_export, cancel_export, count_open


async def order_export(tx: Tx, order: ExportOrder, *, now: datetime) -> None:
    """A worker takes it on; raises TooManyExports."""
    if await count_open(tx, order.tenant) >= MOST_OPEN_EXPORTS:
        raise TooManyExports(most=MOST_OPEN_EXPORTS)
    await add_export(tx, order, now=now)


async def call_off_export(tx: Tx, tenant: TenantId, export_id: UUID, *, now: datetime) -> None:
    """A worker that makes it stops within seconds; raises ExportEnded."""
    if not await cancel_export(tx, tenant, export_id, now=now):
        raise ExportEnded
