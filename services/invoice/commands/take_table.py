"""Turn a job's table, once read, into rows to be worked off; or fail the job and say why."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from libs.common.db import Tx
from libs.common.outbox import append
from libs.common.problems import Problem
from services.invoice.domain.encoding import encode
from services.invoice.domain.job import Block, Job, JobStatus, expect_finish
from services.invoice.events import job_progressed
from services.invoice.store.job import lock_job, update_job
from services.invoice.store.job_rows import drop_upload, save_blocks

_BLOCKS_AT_ONCE = 16


async def take_table(
    tx: Tx, job: Job, columns: Sequence[str], blocks: AsyncIterator[Block], *, now: datetime
) -> None:
    """All rows or none: a worker that is killed meanwhile leaves the table to the next one."""
    current = await lock_job(tx, job.tenant, job.id)
    if current.total is not None or current.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
        return
    total = saved = 0
    waiting: list[Block] = []
    async for block in blocks:
        total += len(block.rows)
        waiting.append(block)
        if len(waiting) == _BLOCKS_AT_ONCE:
            await save_blocks(tx, current, saved + 1, waiting)
            saved, waiting = saved + len(waiting), []
    await save_blocks(tx, current, saved + 1, waiting)
    current = replace(current, total=total, blocks=saved + len(waiting), columns=tuple(columns))
    await update_job(tx, current, expected_finish_at=expect_finish(current, now=now), now=now)
    await drop_upload(tx, current)


async def fail_job(tx: Tx, job: Job, problem: Problem, *, now: datetime) -> None:
    """The whole of it, before any row was read."""
    current = await lock_job(tx, job.tenant, job.id)
    if current.total is not None or current.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
        return
    told = problem.as_dict(instance=f"/v1/invoice-jobs/{job.id}", request_id=job.correlation.id)
    failed = replace(current, status=JobStatus.FAILED)
    await update_job(tx, failed, expected_finish_at=None, now=now, problem=encode(told))
    await drop_upload(tx, failed)
    payload = job_progressed(failed, None)
    await append(tx, payload, tenant=job.tenant, subject=job.id, now=now, correlation=job.correlation)
