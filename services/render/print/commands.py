"""What can happen in printing: a printer saved or removed, invoices printed. Each leaves a trace of who did it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import NotFound, PreconditionFailed
from services.render.print import store
from services.render.print.errors import TooManyPrinters
from services.render.print.printers import MOST_PRINTERS, Printer, PrinterSetting


async def save_printer(
    tx: Tx,
    tenant: TenantId,
    setting: PrinterSetting,
    *,
    expected: int | None,
    actor: str,
    request_id: str,
    now: datetime,
) -> Printer:
    """With `expected` only that version of the printer is replaced."""
    version = await store.lock_printer(tx, tenant, setting.name)
    if expected is not None and version != expected:
        raise PreconditionFailed
    if version is None and await store.count_printers(tx, tenant) >= MOST_PRINTERS:
        raise TooManyPrinters(most=MOST_PRINTERS)
    printer = await store.save_printer(tx, tenant, setting, actor=actor, now=now)
    await store.insert_change(tx, tenant, setting.name, setting, actor=actor, request_id=request_id, now=now)
    return printer


async def remove_printer(
    tx: Tx, tenant: TenantId, name: str, *, expected: int | None, actor: str, request_id: str, now: datetime
) -> None:
    """Raises NotFound if there is none."""
    version = await store.lock_printer(tx, tenant, name)
    if version is None:
        raise NotFound
    if expected is not None and version != expected:
        raise PreconditionFailed
    await store.delete_printer(tx, tenant, name)
    await store.insert_change(tx, tenant, name, None, actor=actor, request_id=request_id, now=now)


async def record_prints(
    tx: Tx,
    tenant: TenantId,
    printed: Sequence[tuple[UUID, int]],
    *,
    actor: str,
    request_id: str,
    now: datetime,
) -> None:
    """Beside the downloads, with `print` as the way."""
    await store.insert_prints(tx, tenant, printed, actor=actor, request_id=request_id, now=now)
