"""Schedules' rows: kept by the api, run by workers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.export import ExportContent, Target
from services.invoice.domain.export_schedule import Frequency, Schedule
from services.invoice.errors import ExportNotFound

COUNT_SCHEDULES = """
select count(*)
from export_schedules
where tenant_id = $1
"""


async def count_schedules(tx: Tx, tenant: TenantId) -> int:
    count: int = await tx.fetchval(COUNT_SCHEDULES, tenant)
    return count


SAVE_SCHEDULE = """
insert into export_schedules (
  tenant_id, id, name, frequency, content, target, sealed_secrets, is_active, next_run_at, actor, version, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (tenant_id, id) do update
set name = excluded.name, frequency = excluded.frequency, content = excluded.content, target = excluded.target,
    sealed_secrets = excluded.sealed_secrets, is_active = excluded.is_active, next_run_at = excluded.next_run_at,
    version = excluded.version
"""


async def save_schedule(tx: Tx, schedule: Schedule) -> None:
    """A new one, or one that was loaded locked."""
    await tx.execute(
        SAVE_SCHEDULE,
        schedule.tenant,
        schedule.id,
        schedule.name,
        schedule.frequency,
        encode(schedule.content).decode(),
        encode(schedule.target).decode(),
        schedule.sealed_secrets,
        schedule.is_active,
        schedule.next_run_at,
        schedule.actor,
        schedule.version,
        schedule.created_at,
    )


LOAD_SCHEDULE_LOCKED = """
select tenant_id, id, name, frequency, content, target, sealed_secrets, is_active, next_run_at, actor, version,
  created_at
from export_schedules
where tenant_id = $1 and id = $2
for update
"""


async def load_schedule_locked(tx: Tx, tenant: TenantId, schedule_id: UUID) -> Schedule:
    """Raises ExportNotFound."""
    row = await tx.fetchrow(LOAD_SCHEDULE_LOCKED, tenant, schedule_id)
    if row is None:
        raise ExportNotFound
    return schedule_from(row)


TAKE_DUE_SCHEDULE = """
select tenant_id, id, name, frequency, content, target, sealed_secrets, is_active, next_run_at, actor, version,
  created_at
from export_schedules
where is_active and next_run_at <= $1
order by next_run_at
limit 1
for update skip locked
"""


async def take_due_schedule(tx: Tx, *, now: datetime) -> Schedule | None:
    """The one that has been due longest, locked until the transaction ends."""
    row = await tx.fetchrow(TAKE_DUE_SCHEDULE, now)
    return None if row is None else schedule_from(row)


DELETE_SCHEDULE = """
delete from export_schedules
where tenant_id = $1 and id = $2
returning 1
"""


async def delete_schedule(tx: Tx, tenant: TenantId, schedule_id: UUID) -> None:
    """Its exports stay; raises ExportNotFound."""
    if not await tx.fetchval(DELETE_SCHEDULE, tenant, schedule_id):
        raise ExportNotFound


def schedule_from(row: Any) -> Schedule:
    return Schedule(
        tenant=row["tenant_id"],
        id=row["id"],
        name=row["name"],
        frequency=Frequency(row["frequency"]),
        content=decode(row["content"], ExportContent),
        target=decode(row["target"], Target),
        sealed_secrets=row["sealed_secrets"],
        is_active=row["is_active"],
        next_run_at=row["next_run_at"],
        actor=row["actor"],
        version=row["version"],
        created_at=row["created_at"],
    )
