"""Schedules as answers show them: never their secrets."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339, utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, id_below
from services.invoice.domain.export import Target
from services.invoice.domain.export_schedule import Schedule
from services.invoice.errors import ExportNotFound
from services.invoice.store.export_schedule import schedule_from


class ScheduleView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    frequency: str
    filter: dict[str, Any]
    formats: tuple[str, ...]
    tables: tuple[str, ...]
    recipients: tuple[str, ...]
    check_documents: int
    target: Target
    is_active: bool
    next_run_at: str
    actor: str
    version: int
    created_at: str


class SchedulePage(Struct, frozen=True):
    items: list[ScheduleView]
    next_cursor: str | None
    as_of: str


LIST_SCHEDULES = """
select tenant_id, id, name, frequency, content, target, null::bytea as sealed_secrets, is_active, next_run_at, actor,
  version, created_at
from export_schedules
where tenant_id = $1 and id < $2
order by id desc
limit $3
"""


async def list_schedules(pool: Pool, tenant: TenantId, *, limit: int, cursor: str | None) -> SchedulePage:
    """The newest first."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_SCHEDULES, tenant, id_below(cursor), limit + 1)
    views = [view_schedule(schedule_from(row)) for row in rows]
    page, next_cursor = cut_page(views, limit, lambda view: (view.id,))
    return SchedulePage(list(page), next_cursor, rfc3339(utc_now()))


FIND_SCHEDULE = """
select tenant_id, id, name, frequency, content, target, null::bytea as sealed_secrets, is_active, next_run_at, actor,
  version, created_at
from export_schedules
where tenant_id = $1 and id = $2
"""


async def find_schedule(pool: Pool, tenant: TenantId, schedule_id: UUID) -> ScheduleView:
    """Raises ExportNotFound."""
    async with transaction(pool, tenant) as tx:
        row = await tx.fetchrow(FIND_SCHEDULE, tenant, schedule_id)
    if row is None:
        raise ExportNotFound
    return view_schedule(schedule_from(row))


def view_schedule(schedule: Schedule) -> ScheduleView:
    content = schedule.content
    return ScheduleView(
        id=schedule.id,
        name=schedule.name,
        frequency=schedule.frequency,
        filter=content.filters,
        formats=content.formats,
        tables=content.tables,
        recipients=content.recipients,
        check_documents=content.check_documents,
        target=schedule.target,
        is_active=schedule.is_active,
        next_run_at=rfc3339(schedule.next_run_at),
        actor=schedule.actor,
        version=schedule.version,
        created_at=rfc3339(schedule.created_at),
    )
