"""The worker's loops of exports, with what they hold open."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import new_id
from libs.common.loops import Loop
from libs.common.object_store import ObjectStore
from services.invoice.commands.schedule_exports import run_due_schedule
from services.invoice.exports.check_worker import CheckWorker
from services.invoice.exports.desk import open_export_desk
from services.invoice.exports.worker import ExportWorker
from services.invoice.exports.workspace import sweep_workspaces
from services.invoice.settings import InvoiceSettings


@asynccontextmanager
async def open_export_loops(pool: Pool, settings: InvoiceSettings) -> AsyncIterator[list[Loop]]:
    """Make exports, delete expired ones."""
    desk = open_export_desk(settings)
    secret = settings.s3_secret_key.get_secret_value()
    documents = ObjectStore(settings.s3_url, settings.s3_access_key, secret)
    life = timedelta(days=settings.export_days)
    worker = ExportWorker(pool, documents, desk, life=life)
    checker = CheckWorker(pool, desk)
    sweep_workspaces(desk.folder)
    try:
        yield [
            Loop("exports", worker.step, idle_seconds=0.5),
            Loop("export-checks", checker.step, idle_seconds=1.0),
            Loop("export-schedules", partial(run_schedules, pool), idle_seconds=5.0),
            Loop("exports-expiry", worker.expire, idle_seconds=600.0),
        ]
    finally:
        await worker.close()
        await checker.close()
        documents.close()


async def run_schedules(pool: Pool, now: Callable[[], datetime] = utc_now) -> bool:
    """A loop's step: order one export that a schedule is due for."""
    async with transaction(pool) as tx:
        return await run_due_schedule(tx, export_id=new_id(), now=now())
