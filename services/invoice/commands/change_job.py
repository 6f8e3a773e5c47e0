"""What its sender does with a bulk job: send it, stop it, let it go on, try its failed rows again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from msgspec.structs import replace

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.outbox import append
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.job import BLOCK_ROWS, Block, Job, JobStatus, Priority, expect_finish, move
from services.invoice.errors import JobHasNoRows
from services.invoice.events import job_progressed
from services.invoice.store.job import lock_job, save_job, update_job
from services.invoice.store.job_rows import queue_failed, queue_rows, save_blocks, save_upload

_BLOCKS_AT_ONCE = 16


async def submit_rows(tx: Tx, job: Job, priority: Priority, blocks: Iterable[Block]) -> None:
    """Keep a job with its rows."""
    await save_job(tx, job, priority, expected_finish_at=expect_finish(job, now=job.created_at))
    saved = 0
    waiting = iter(blocks)
    while some := list(islice(waiting, _BLOCKS_AT_ONCE)):
        await save_blocks(tx, job, saved + 1, some)
        saved += len(some)
    await update_job(
        tx,
        replace(job, blocks=saved),
        expected_finish_at=expect_finish(job, now=job.created_at),
        now=job.created_at,
    )


async def submit_table(tx: Tx, job: Job, priority: Priority, pieces: Iterable[bytes]) -> None:
    """Keep a job with its table, which the worker reads."""
    await save_job(tx, job, priority, expected_finish_at=None)
    for number, piece in enumerate(pieces, 1):
        await save_upload(tx, job, number, piece)


async def change_job(tx: Tx, tenant: TenantId, job_id: UUID, action: str, *, now: datetime) -> None:
    """`cancel`, `pause` or `resume`; rows that are done stay done. Raises JobNotFound, JobStateConflict."""
    job = await lock_job(tx, tenant, job_id)
    await _save(tx, replace(job, status=move(job.status, action)), now=now)


async def retry_failed(tx: Tx, tenant: TenantId, job_id: UUID, *, now: datetime) -> None:
    """All failed rows again as they were sent. Raises JobNotFound, JobStateConflict, JobHasNoRows."""
    job = await lock_job(tx, tenant, job_id)
    status = move(job.status, "retry")
    counts = await queue_failed(tx, job, rows_a_block=BLOCK_ROWS)
    if not counts:
        raise JobHasNoRows
    await _begin_again(tx, replace(job, status=status), blocks=len(counts), rows=sum(counts), now=now)


async def retry_rows(
    tx: Tx, tenant: TenantId, job_id: UUID, rows: Sequence[tuple[int, bytes]], *, now: datetime
) -> None:
    """Failed rows again with other content (row, JSON). Raises Invalid for a row that has not failed."""
    job = await lock_job(tx, tenant, job_id)
    status = move(job.status, "retry")
    queued = await queue_rows(tx, job, [row for row, _ in rows])
    errors = []
    for place, (row, _) in enumerate(rows):
        if row in queued:
            queued.remove(row)
        else:
            errors.append(_not_failed(f"/rows/{place}/row"))
    if errors:
        raise Invalid(errors=errors[:100])
    blocks = [_block(rows[first : first + BLOCK_ROWS]) for first in range(0, len(rows), BLOCK_ROWS)]
    await save_blocks(tx, job, job.blocks + 1, blocks)
    await _begin_again(tx, replace(job, status=status), blocks=len(blocks), rows=len(rows), now=now)


def _not_failed(pointer: str) -> FieldError:
    return FieldError(
        pointer,
        "row-not-failed",
        "This row has not failed, or stands here twice.",
        "该行不是失败状态，或在请求中重复出现。",
    )


def _block(rows: Sequence[tuple[int, bytes]]) -> Block:
    return Block(tuple([row for row, _ in rows]), tuple([line for _, line in rows]))


async def _begin_again(tx: Tx, job: Job, *, blocks: int, rows: int, now: datetime) -> None:
    """The rows count as not done; the pace is measured anew."""
    failed = job.failed - rows
    job = replace(
        job,
        failed=failed,
        blocks=job.blocks + blocks,
        started_at=None,
        done_at_start=job.succeeded + failed,
    )
    await _save(tx, job, now=now)


async def _save(tx: Tx, job: Job, *, now: datetime) -> None:
    is_going_on = job.status in {JobStatus.QUEUED, JobStatus.RUNNING} and job.total is not None
    expected = expect_finish(job, now=now) if is_going_on else None
    await update_job(tx, replace(job, announced_at=now), expected_finish_at=expected, now=now)
    payload = job_progressed(job, expected)
    await append(tx, payload, tenant=job.tenant, subject=job.id, now=now, correlation=job.correlation)
