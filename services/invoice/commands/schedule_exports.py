"""Keep schedules, and order what they are due for."""

from datetime import datetime
from uuid import UUID

from msgspec import structs

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import PreconditionFailed
from services.invoice.domain.export_schedule import MOST_SCHEDULES, Schedule, next_run, order_of
from services.invoice.errors import TooManyExports
from services.invoice.store.export import add_export
from services.invoice.store.export_schedule import (
    count_schedules,
    delete_schedule,
    load_schedule_locked,
    save_schedule,
    take_due_schedule,
)


async def add_schedule(tx: Tx, schedule: Schedule) -> None:
    """Its first run comes at `next_run_at`; raises TooManyExports."""
    if await count_schedules(tx, schedule.tenant) >= MOST_SCHEDULES:
        raise TooManyExports(most=MOST_SCHEDULES)
    await save_schedule(tx, schedule)


async def edit_schedule(
    tx: Tx,
    tenant: TenantId,
    schedule_id: UUID,
    *,
    changes: dict[str, object],
    expected: int | None,
    now: datetime,
) -> Schedule:
    """Raises ExportNotFound and PreconditionFailed. Runs that were missed while it was off are not made up for."""
    schedule = await load_schedule_locked(tx, tenant, schedule_id)
    if expected is not None and expected != schedule.version:
        raise PreconditionFailed
    edited = structs.replace(schedule, **changes, version=schedule.version + 1)
    if edited.frequency is not schedule.frequency or edited.is_active is not schedule.is_active:
        edited = structs.replace(edited, next_run_at=next_run(edited.frequency, now))
    await save_schedule(tx, edited)
    return edited


async def remove_schedule(tx: Tx, tenant: TenantId, schedule_id: UUID) -> None:
    """Its exports stay; raises ExportNotFound."""
    await delete_schedule(tx, tenant, schedule_id)


async def run_due_schedule(tx: Tx, *, export_id: UUID, now: datetime) -> bool:
    """Order one export that is due and set the schedule's next day, together; False where none is due.

    Periods that passed while no worker ran follow one by one; a period is never ordered twice.
    """
    schedule = await take_due_schedule(tx, now=now)
    if schedule is None:
        return False
    await add_export(tx, order_of(schedule, export_id), now=now)
    later = next_run(schedule.frequency, schedule.next_run_at)
    await save_schedule(tx, structs.replace(schedule, next_run_at=later))
    return True
