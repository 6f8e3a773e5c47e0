"""Exports' rows: ordered by the api, claimed, advanced and ended by workers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.export import (
    ClaimedExport,
    ExportContent,
    ExportOrder,
    Period,
    Target,
    archive_key,
)
from services.invoice.errors import ExportNotFound


class MadeArchive(Struct, frozen=True):
    """A finished export's file: how many invoices, how many documents it lacks."""

    total: int
    missing: int
    size: int
    sha256: str
    expires_at: datetime


ADD_EXPORT = """
insert into exports (
  tenant_id, id, status, content, schedule_id, period_from, period_to, target, object_key, actor, next_attempt_at,
  created_at
)
values ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $10)
on conflict on constraint exports_period_key do nothing
returning 1
"""


async def add_export(tx: Tx, order: ExportOrder, *, now: datetime) -> bool:
    """False where the schedule has ordered this period already."""
    days = (None, None) if order.period is None else (order.period.first, order.period.last)
    content, target = encode(order.content).decode(), encode(order.target).decode()
    values = (
        order.tenant,
        order.id,
        content,
        order.schedule_id,
        *days,
        target,
        archive_key(order),
        order.actor,
        now,
    )
    return bool(await tx.fetchval(ADD_EXPORT, *values))


COUNT_OPEN = """
select count(*)
from exports
where tenant_id = $1 and status in ('queued', 'running')
"""


async def count_open(tx: Tx, tenant: TenantId) -> int:
    """Exports that are not at their end."""
    count: int = await tx.fetchval(COUNT_OPEN, tenant)
    return count


CLAIM_EXPORT = """
update exports e
set status = 'running', claimed_until = $1::timestamptz + $2::interval, attempts = e.attempts + 1
from (
  select tenant_id, id
  from exports x
  where status in ('queued', 'running') and next_attempt_at <= $1 and (claimed_until is null or claimed_until <= $1)
  order by
    (select max(served.finished_at) from exports served where served.tenant_id = x.tenant_id) nulls first,
    next_attempt_at
  limit 1
  for update skip locked
) due
where e.tenant_id = due.tenant_id and e.id = due.id
returning e.tenant_id, e.id, e.content, e.target, e.schedule_id, e.period_from, e.period_to, e.actor, e.attempts,
  e.created_at, e.size, e.sha256,
  (select s.sealed_secrets from export_schedules s where s.tenant_id = e.tenant_id and s.id = e.schedule_id)
    as sealed_secrets
"""


async def claim_export(tx: Tx, *, lease: timedelta, now: datetime) -> ClaimedExport | None:
    """Of the tenant that was served the longest ago; one whose worker died when its lease is over."""
    row = await tx.fetchrow(CLAIM_EXPORT, now, lease)
    return None if row is None else _claimed(row)


def _claimed(row: Any) -> ClaimedExport:
    return ClaimedExport(
        order=ExportOrder(
            tenant=row["tenant_id"],
            id=row["id"],
            content=decode(row["content"], ExportContent),
            target=decode(row["target"], Target),
            schedule_id=row["schedule_id"],
            period=Period(row["period_from"], row["period_to"]) if row["period_from"] else None,
            actor=row["actor"],
        ),
        attempt=row["attempts"],
        created_at=row["created_at"],
        size=row["size"],
        sha256=row["sha256"],
        sealed_secrets=row["sealed_secrets"],
    )


ADVANCE_EXPORT = """
update exports
set total = $4, done = $5, claimed_until = $6
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning 1
"""


async def advance_export(tx: Tx, claimed: ClaimedExport, total: int, done: int, *, until: datetime) -> bool:
    """How far it is, and the lease anew; False where it was cancelled or is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    return bool(await tx.fetchval(ADVANCE_EXPORT, *own, total, done, until))


SAVE_ARCHIVE = """
update exports
set size = $4, sha256 = $5, missing = $6, missing_reasons = $7, expires_at = $8
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning 1
"""


async def save_archive(
    tx: Tx, claimed: ClaimedExport, *, size: int, sha256: str, missing: dict[str, int], expires_at: datetime
) -> bool:
    """The archive is stored here; False where it was cancelled or is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    lacking = (sum(missing.values()), encode(missing).decode())
    return bool(await tx.fetchval(SAVE_ARCHIVE, *own, size, sha256, *lacking, expires_at))


FINISH_EXPORT = """
update exports
set status = 'finished', finished_at = $4, claimed_until = null, problem = null
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning total, missing, size, sha256, expires_at
"""


async def finish_export(tx: Tx, claimed: ClaimedExport, *, now: datetime) -> MadeArchive | None:
    """The archive is where it was to go; None where it was cancelled or is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    row = await tx.fetchrow(FINISH_EXPORT, *own, now)
    return None if row is None else MadeArchive(*row)


DELAY_EXPORT = """
update exports
set status = case when $4 then 'failed' else 'queued' end, problem = $5, next_attempt_at = $6, claimed_until = null,
    finished_at = case when $4 then $7::timestamptz end, expires_at = case when $4 then $7 else expires_at end
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning 1
"""


async def delay_export(
    tx: Tx,
    claimed: ClaimedExport,
    problem: object,
    *,
    is_final: bool,
    next_attempt_at: datetime,
    now: datetime,
) -> bool:
    """An attempt failed: another one later, or none any more. False where it is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    values = (is_final, encode(problem).decode(), next_attempt_at, now)
    return bool(await tx.fetchval(DELAY_EXPORT, *own, *values))


CANCEL_EXPORT = """
update exports
set status = 'cancelled', finished_at = $3, claimed_until = null, expires_at = $3
where tenant_id = $1 and id = $2 and status in ('queued', 'running')
returning 1
"""


async def cancel_export(tx: Tx, tenant: TenantId, export_id: UUID, *, now: datetime) -> bool:
    """False where there is none that is not at its end; a worker notices at its next step."""
    return bool(await tx.fetchval(CANCEL_EXPORT, tenant, export_id, now))


FIND_STATUS = """
select status
from exports
where tenant_id = $1 and id = $2
for share
"""


async def find_status(tx: Tx, tenant: TenantId, export_id: UUID) -> str:
    """Raises ExportNotFound."""
    status: str | None = await tx.fetchval(FIND_STATUS, tenant, export_id)
    if status is None:
        raise ExportNotFound
    return status


TAKE_EXPIRED = """
select tenant_id, id, object_key
from exports
where object_key is not null and expires_at <= $1 and status in ('finished', 'failed', 'cancelled')
order by expires_at
limit 100
"""
FORGET_ARCHIVES = """
update exports e
set object_key = null
from unnest($1::uuid[], $2::uuid[]) as gone (tenant_id, id)
where e.tenant_id = gone.tenant_id and e.id = gone.id
"""


async def take_expired(tx: Tx, *, now: datetime) -> list[tuple[TenantId, UUID, str]]:
    """Archives whose time is over."""
    return [(row["tenant_id"], row["id"], row["object_key"]) for row in await tx.fetch(TAKE_EXPIRED, now)]


async def forget_archives(tx: Tx, exports: Sequence[tuple[TenantId, UUID]]) -> None:
    """They were deleted."""
    await tx.execute(FORGET_ARCHIVES, [tenant for tenant, _ in exports], [export for _, export in exports])
