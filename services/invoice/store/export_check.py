"""Checks' rows, and what the platform knows of the documents that are compared."""

from datetime import datetime, timedelta
from typing import Any

from libs.common.db import Tx
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.export import (
    CheckOrder,
    CheckReport,
    ClaimedCheck,
    ExportContent,
    ExportOrder,
    Period,
    Target,
)

ADD_CHECK = """
insert into export_checks (tenant_id, id, export_id, status, sample, actor, next_attempt_at, created_at)
values ($1, $2, $3, 'queued', $4, $5, $6, $6)
"""


async def add_check(tx: Tx, order: CheckOrder, *, now: datetime) -> None:
    await tx.execute(ADD_CHECK, order.tenant, order.id, order.export_id, order.sample, order.actor, now)


CLAIM_CHECK = """
update export_checks c
set status = 'running', claimed_until = $1::timestamptz + $2::interval, attempts = c.attempts + 1
from (
  select tenant_id, id
  from export_checks
  where status in ('queued', 'running') and next_attempt_at <= $1 and (claimed_until is null or claimed_until <= $1)
  order by next_attempt_at
  limit 1
  for update skip locked
) due, exports e
where c.tenant_id = due.tenant_id and c.id = due.id and e.tenant_id = c.tenant_id and e.id = c.export_id
returning c.tenant_id, c.id, c.export_id, c.sample, c.actor, c.attempts, e.size, e.sha256, e.content, e.target,
  e.schedule_id, e.period_from, e.period_to,
  (select s.sealed_secrets from export_schedules s where s.tenant_id = e.tenant_id and s.id = e.schedule_id)
    as sealed_secrets
"""


async def claim_check(tx: Tx, *, lease: timedelta, now: datetime) -> ClaimedCheck | None:
    """The one that has waited longest."""
    row = await tx.fetchrow(CLAIM_CHECK, now, lease)
    return None if row is None else _claimed(row)


def _claimed(row: Any) -> ClaimedCheck:
    tenant, export_id, actor = row["tenant_id"], row["export_id"], row["actor"]
    export = ExportOrder(
        tenant=tenant,
        id=export_id,
        content=decode(row["content"], ExportContent),
        target=decode(row["target"], Target),
        schedule_id=row["schedule_id"],
        period=Period(row["period_from"], row["period_to"]) if row["period_from"] else None,
        actor=actor,
    )
    return ClaimedCheck(
        order=CheckOrder(tenant=tenant, id=row["id"], export_id=export_id, sample=row["sample"], actor=actor),
        export=export,
        attempt=row["attempts"],
        size=row["size"],
        sha256=row["sha256"],
        sealed_secrets=row["sealed_secrets"],
    )


HOLD_CHECK = """
update export_checks
set claimed_until = $4
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning 1
"""


async def hold_check(tx: Tx, claimed: ClaimedCheck, *, until: datetime) -> bool:
    """The lease anew; False where it is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    return bool(await tx.fetchval(HOLD_CHECK, *own, until))


END_CHECK = """
update export_checks
set status = $4, result = $5, finished_at = $6, claimed_until = null
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
returning 1
"""


async def end_check(tx: Tx, claimed: ClaimedCheck, report: CheckReport, *, now: datetime) -> bool:
    """Passed where nothing was found; False where it is in other hands."""
    own = (claimed.order.tenant, claimed.order.id, claimed.attempt)
    status = "failed" if report.findings else "passed"
    return bool(await tx.fetchval(END_CHECK, *own, status, encode(report).decode(), now))


DELAY_CHECK = """
update export_checks
set status = 'queued', next_attempt_at = $4, claimed_until = null
where tenant_id = $1 and id = $2 and attempts = $3 and status = 'running'
"""


async def delay_check(tx: Tx, claimed: ClaimedCheck, *, until: datetime) -> None:
    """The place could not be reached: once more later."""
    await tx.execute(DELAY_CHECK, claimed.order.tenant, claimed.order.id, claimed.attempt, until)
