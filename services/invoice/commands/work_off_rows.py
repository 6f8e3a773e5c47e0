"""Issue the rows of a bulk job and record what became of each, in the caller's transaction: both, or neither."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from libs.common.db import OPERATIONAL_ERRORS, Tx
from libs.common.log import get_logger
from libs.common.outbox import append
from libs.common.problems import InternalError, Problem, Unavailable
from services.invoice.commands.issue_invoice import IssueRequest, issue_invoices
from services.invoice.domain.encoding import encode
from services.invoice.domain.job import Job, JobStatus, Places, RowResult, RowState, expect_finish
from services.invoice.domain.job_problems import describe_problem
from services.invoice.errors import AuthorityOutOfReach, DuplicateInvoice, DuplicateReference, QuotaExceeded
from services.invoice.events import job_progressed
from services.invoice.store.duplicate import find_twins
from services.invoice.store.job import find_closed_line, lock_job, savepoint, update_job
from services.invoice.store.job_rows import drop_blocks, find_references, save_results

log = get_logger(__name__)

_ANNOUNCE_EVERY = timedelta(seconds=5)


class WantedRow(Struct, frozen=True):
    """A row that can be issued, or the problem why it cannot, with the reference that its line names."""

    row: int
    line: bytes
    places: Places | None
    wanted: IssueRequest | Problem
    reference: str | None = None


class TurnLost(Exception):  # noqa: N818
    """The job is no longer as it was when its rows were read: somebody else worked on it, or stopped it."""


async def work_off(
    tx: Tx, job: Job, rows: Sequence[WantedRow], *, is_rest_of_block: bool, now: datetime
) -> Job:
    """The next rows of the job's block, in order; it ends before a row that has to wait.

    Raises TurnLost; Unavailable or QuotaExceeded, which can pass, if not even the first row could be decided.
    """
    current = await lock_job(tx, job.tenant, job.id)
    if current.place != job.place:
        raise TurnLost
    results = await _decide(tx, current, rows, now=now)
    await save_results(tx, job, results)
    is_block_done = is_rest_of_block and len(results) == len(rows)
    return await _advance(tx, current, results, is_block_done=is_block_done, now=now)


async def _decide(tx: Tx, job: Job, rows: Sequence[WantedRow], *, now: datetime) -> list[RowResult]:
    """Runs of rows of one taxpayer are issued together, in halves where that fails."""
    rows = await _refuse_known_references(tx, job, rows)
    todo = [list(run) for _, run in groupby(rows, key=_taxpayer)]
    todo.reverse()
    results: list[RowResult] = []
    while todo:
        run = todo.pop()
        try:
            results += await _attempt(tx, job, run, now=now)
        except OPERATIONAL_ERRORS:
            raise
        except Exception as error:
            if len(run) > 1:
                middle = len(run) // 2
                todo += [run[middle:], run[:middle]]
            elif _can_pass(error):
                if not results:
                    raise
                return results
            else:
                results.append(await _refuse(tx, job, run[0], error))
    return results


def _can_pass(error: Exception) -> bool:
    """Whether the same row can be issued later: not if it is larger than a whole month's quota."""
    if isinstance(error, QuotaExceeded):
        return Decimal(str(error.values["needed"])) <= Decimal(str(error.values["total"]))
    return isinstance(error, Unavailable)


def _taxpayer(row: WantedRow) -> object:
    return isinstance(row.wanted, IssueRequest) and (row.wanted.taxpayer_id,)


async def _attempt(tx: Tx, job: Job, run: Sequence[WantedRow], *, now: datetime) -> list[RowResult]:
    if isinstance(run[0].wanted, Problem):
        return [_failed(job, row, row.wanted) for row in run if isinstance(row.wanted, Problem)]
    if (state := await find_closed_line(tx, job.tenant, run[0].wanted.taxpayer_id)) is not None:
        raise AuthorityOutOfReach(connector=state)
    async with savepoint(tx):
        requests = [row.wanted for row in run if isinstance(row.wanted, IssueRequest)]
        issued = await issue_invoices(tx, requests, now=now)
    return [
        RowResult(row.row, RowState.SUCCEEDED, each.invoice.reference, each.invoice.id)
        for row, each in zip(run, issued, strict=True)
    ]


async def _refuse_known_references(tx: Tx, job: Job, rows: Sequence[WantedRow]) -> list[WantedRow]:
    """A file that is sent twice is refused at once, not by trying every row."""
    wanted = [reference for row in rows if (reference := _reference(row)) is not None]
    known = await find_references(tx, job.tenant, wanted) if wanted else {}
    return [
        row if (earlier := known.get(_reference(row) or "")) is None else replace(row, wanted=earlier)
        for row in rows
    ]


def _reference(row: WantedRow) -> str | None:
    return row.wanted.priced.command.reference if isinstance(row.wanted, IssueRequest) else None


async def _refuse(tx: Tx, job: Job, row: WantedRow, error: Exception) -> RowResult:
    """The result of a row that cannot be issued alone either."""
    if isinstance(error, DuplicateReference):
        reference = _reference(row) or ""
        error = (await find_references(tx, job.tenant, [reference])).get(reference, error)
    elif isinstance(error, DuplicateInvoice):
        error = await _name_twin(tx, job, error)
    elif not isinstance(error, Problem):
        log.error("row_failed", job=str(job.id), row=row.row, exc_info=error)
        error = InternalError()
    return _failed(job, row, error)


async def _name_twin(tx: Tx, job: Job, error: DuplicateInvoice) -> DuplicateInvoice:
    key = str(error.values["duplicate_key"])
    twin = (await find_twins(tx, job.tenant, [key])).get(key)
    return error if twin is None else DuplicateInvoice(invoice_id=str(twin.id), number=twin.number)


def _failed(job: Job, row: WantedRow, problem: Problem) -> RowResult:
    told = encode(describe_problem(job, row.row, row.places, problem))
    return RowResult(
        row.row,
        RowState.FAILED,
        _reference(row) or row.reference,
        problem=told,
        invoice=row.line,
        places=row.places,
    )


async def _advance(
    tx: Tx, job: Job, results: Sequence[RowResult], *, is_block_done: bool, now: datetime
) -> Job:
    """Count the results and go on behind them; announce it, but not too often."""
    succeeded = sum(result.state is RowState.SUCCEEDED for result in results)
    block = job.block + is_block_done
    is_done = block > job.blocks
    is_news = is_done or job.started_at is None or job.status is JobStatus.PAUSED
    is_announced = is_news or now - job.announced_at >= _ANNOUNCE_EVERY
    job = replace(
        job,
        status=JobStatus.FINISHED if is_done else JobStatus.RUNNING,
        succeeded=job.succeeded + succeeded,
        failed=job.failed + len(results) - succeeded,
        block=block,
        position=0 if is_block_done else job.position + len(results),
        started_at=job.started_at or now,
        announced_at=now if is_announced else job.announced_at,
        updated_at=now,
        waits_until=None,
    )
    expected = None if is_done else expect_finish(job, now=now)
    await update_job(tx, job, expected_finish_at=expected, now=now)
    if is_block_done:
        await drop_blocks(tx, job)
    if is_announced:
        await append(
            tx,
            job_progressed(job, expected),
            tenant=job.tenant,
            subject=job.id,
            now=now,
            correlation=job.correlation,
        )
    return job
