"""Order that a kept archive is compared with the platform."""

from datetime import datetime

from libs.common.db import Tx
from services.invoice.domain.export import CheckOrder, ExportStatus
from services.invoice.errors import ExportNotFinished
from services.invoice.store.export import find_status
from services.invoice.store.export_check import add_check


async def check_export(tx: Tx, order: CheckOrder, *, now: datetime) -> None:
    """Raises ExportNotFound and ExportNotFinished."""
    status = await find_status(tx, order.tenant, order.export_id)
    if status != ExportStatus.FINISHED:
        raise ExportNotFinished(export_status=status)
    await add_check(tx, order, now=now)
