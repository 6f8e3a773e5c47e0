"""Bulk jobs: claimed in turns of the tenants, changed under the job's lock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.job import Job, JobFormat, JobStatus, Priority
from services.invoice.errors import JobNotFound

SAVE_JOB = """
with lane as (
  insert into invoice_job_lanes (tenant_id)
  values ($1)
  on conflict do nothing
)
insert into invoice_jobs (
  tenant_id, id, actor, format, priority, status, total, blocks, request_id, traceparent, created_at, updated_at,
  announced_at, expected_finish_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11, $12)
"""
# The tenant that has waited longest, and its first job; the lease lets nobody else begin the same work for nothing.
CLAIM_TURN = """
with lane as (
  select l.tenant_id
  from invoice_job_lanes l
  where l.tenant_id in (
      select j.tenant_id
      from invoice_jobs j
      where (j.status in ('queued', 'running') or j.waits_until is not null)
        and (j.waits_until is null or j.waits_until <= $1)
    )
    and (l.claimed_until is null or l.claimed_until <= $1)
  order by l.served_at nulls first
  limit 1
  for update skip locked
),
taken as (
  update invoice_job_lanes l
  set served_at = $1, claimed_until = $2
  from lane
  where l.tenant_id = lane.tenant_id
  returning l.tenant_id
)
select j.tenant_id, j.id, j.actor, j.format, j.status, j.total, j.succeeded, j.failed, j.blocks, j.block, j.position,
  j.done_at_start, j.request_id, j.traceparent, j.created_at, j.started_at, j.announced_at, j.updated_at, j.columns,
  j.waits_until
from taken t
join lateral (
  select * from invoice_jobs j
  where j.tenant_id = t.tenant_id
    and (j.status in ('queued', 'running') or j.waits_until is not null)
    and (j.waits_until is null or j.waits_until <= $1)
  order by j.priority desc, j.created_at
  limit 1
) j on true
"""
END_TURN = "update invoice_job_lanes set claimed_until = $2 where tenant_id = $1"
# Single issues leave their keys; rows of jobs have none.
IS_ANYBODY_ISSUING = """
select exists (select from idempotency_keys where created_at > $1 and route = 'POST /v1/invoices')
"""
LOCK_JOB = """
select tenant_id, id, actor, format, status, total, succeeded, failed, blocks, block, position, done_at_start,
  request_id, traceparent, created_at, started_at, announced_at, updated_at, columns, waits_until
from invoice_jobs
where tenant_id = $1 and id = $2
for update
"""
UPDATE_JOB = """
update invoice_jobs
set status = $3, total = $4, succeeded = $5, failed = $6, blocks = $7, block = $8, position = $9, done_at_start = $10,
  started_at = $11, announced_at = $12, expected_finish_at = $13, updated_at = $14,
  finished_at = case when $3 in ('finished', 'cancelled', 'failed') then $14::timestamptz end,
  problem = $15, columns = $16, waits_until = null
where tenant_id = $1 and id = $2
"""
HOLD_JOB = """
update invoice_jobs
set status = $3, waits_until = $4, problem = $5, announced_at = $6,
  expected_finish_at = case when $3 <> 'paused' then expected_finish_at end
where tenant_id = $1 and id = $2
"""
CALL_FOR_NUMBERS = "update connectors set numbers_due_at = $2 where tenant_id = $1 and numbers_due_at > $2"
# Probes go with what is open: where nothing is, a job itself has to find out.
FIND_CLOSED_LINE = """
select c.state
from taxpayers t
join connectors c on c.tenant_id = t.tenant_id and c.taxpayer_id = t.id
where t.tenant_id = $1 and ((t.id = $2) or ($2 is null and t.is_default))
  and t.channel = 'assigned_on_issue' and c.state in ('login_needed', 'down')
  and exists (select from submissions s where s.tenant_id = t.tenant_id and s.taxpayer_id = t.id)
"""


async def save_job(tx: Tx, job: Job, priority: Priority, *, expected_finish_at: datetime | None) -> None:
    """A new job; its rows are saved by `store/job_rows.py`."""
    await tx.execute(
        SAVE_JOB,
        job.tenant,
        job.id,
        job.actor,
        job.format,
        priority.rank,
        job.status,
        job.total,
        job.blocks,
        job.correlation.id,
        job.correlation.traceparent,
        job.created_at,
        expected_finish_at,
    )


async def claim_turn(tx: Tx, *, now: datetime, until: datetime) -> Job | None:
    """The job whose turn it is, for one worker at a time."""
    row = await tx.fetchrow(CLAIM_TURN, now, until)
    return None if row is None else _job(row)


async def is_anybody_issuing(tx: Tx, *, since: datetime) -> bool:
    """Whether invoices were issued one by one, whoever did it."""
    found: bool = await tx.fetchval(IS_ANYBODY_ISSUING, since)
    return found


async def end_turn(tx: Tx, tenant: TenantId, *, until: datetime | None) -> None:
    """The tenant can have its next turn, at once or not before `until`."""
    await tx.execute(END_TURN, tenant, until)


async def lock_job(tx: Tx, tenant: TenantId, job_id: UUID) -> Job:
    """As it is now; raises JobNotFound."""
    row = await tx.fetchrow(LOCK_JOB, tenant, job_id)
    if row is None:
        raise JobNotFound
    return _job(row)


async def update_job(
    tx: Tx, job: Job, *, expected_finish_at: datetime | None, now: datetime, problem: bytes | None = None
) -> None:
    """Save a locked job's next state; `problem` says why it failed."""
    await tx.execute(
        UPDATE_JOB,
        job.tenant,
        job.id,
        job.status,
        job.total,
        job.succeeded,
        job.failed,
        job.blocks,
        job.block,
        job.position,
        job.done_at_start,
        job.started_at,
        job.announced_at,
        expected_finish_at,
        now,
        None if problem is None else problem.decode(),
        job.columns,
    )


async def hold_job(tx: Tx, job: Job, *, problem: bytes) -> None:
    """Save a locked job that waits, and for what; how far it is stays."""
    await tx.execute(
        HOLD_JOB, job.tenant, job.id, job.status, job.waits_until, problem.decode(), job.announced_at
    )


async def call_for_numbers(tx: Tx, tenant: TenantId, *, now: datetime) -> None:
    """The tenant's stock is looked at as soon as possible."""
    await tx.execute(CALL_FOR_NUMBERS, tenant, now)


async def find_closed_line(tx: Tx, tenant: TenantId, taxpayer_id: TaxpayerId | None) -> str | None:
    """Why the authority cannot give the taxpayer's invoices their numbers now: `login_needed`, `down` or None."""
    found: str | None = await tx.fetchval(FIND_CLOSED_LINE, tenant, taxpayer_id)
    return found


@asynccontextmanager
async def savepoint(tx: Tx) -> AsyncIterator[None]:
    """What fails inside the block leaves nothing behind, and the transaction goes on."""
    await tx.execute("savepoint attempt")
    try:
        yield
    except Exception:
        await tx.execute("rollback to savepoint attempt")
        raise
    await tx.execute("release savepoint attempt")


def _job(row: Any) -> Job:
    return Job(
        tenant=row["tenant_id"],
        id=row["id"],
        actor=row["actor"],
        format=JobFormat(row["format"]),
        status=JobStatus(row["status"]),
        total=row["total"],
        succeeded=row["succeeded"],
        failed=row["failed"],
        blocks=row["blocks"],
        block=row["block"],
        position=row["position"],
        done_at_start=row["done_at_start"],
        correlation=Correlation(row["request_id"], row["traceparent"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        announced_at=row["announced_at"],
        updated_at=row["updated_at"],
        waits_until=row["waits_until"],
        columns=None if row["columns"] is None else tuple(row["columns"]),
    )
