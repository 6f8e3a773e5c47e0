"""Let a bulk job wait whose next row cannot be decided now: it goes on by itself, and says so if it takes long."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from libs.common.db import Tx
from libs.common.outbox import append
from libs.common.problems import Problem
from services.invoice.domain.encoding import encode
from services.invoice.domain.job import Job, JobStatus
from services.invoice.errors import NumbersExhausted
from services.invoice.events import job_progressed
from services.invoice.store import job as store

TRY_AGAIN = timedelta(seconds=1)
# Numbers on order come sooner; nobody needs to hear of that.
PATIENCE = timedelta(seconds=3)


async def hold_job(tx: Tx, job: Job, problem: Problem, *, now: datetime) -> None:
    """Nothing happens if the job is no longer as it was. Paused, it keeps the problem until it gets on."""
    current = await store.lock_job(tx, job.tenant, job.id)
    if current.place != job.place:
        return
    is_long = now - current.updated_at >= PATIENCE
    is_news = is_long and current.status is not JobStatus.PAUSED
    held = replace(
        current,
        status=JobStatus.PAUSED if is_long else current.status,
        waits_until=now + TRY_AGAIN,
        announced_at=now if is_news else current.announced_at,
    )
    told = problem.as_dict(instance=f"/v1/invoice-jobs/{job.id}", request_id=job.correlation.id)
    await store.hold_job(tx, held, problem=encode(told))
    if isinstance(problem, NumbersExhausted):
        await store.call_for_numbers(tx, job.tenant, now=now)
    if is_news:
        payload = job_progressed(held, None, waits_for=problem.code)
        await append(tx, payload, tenant=job.tenant, subject=job.id, now=now, correlation=job.correlation)
