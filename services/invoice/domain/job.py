"""A bulk job: its states, its pieces, and when it can be expected to end."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.ids import InvoiceId, TenantId
from services.invoice.errors import JobStateConflict

# Rows of a block, which one transaction works off, and about the most bytes of it.
BLOCK_ROWS = 200
BLOCK_BYTES = 1024 * 1024
MOST_ROWS = 100_000
# Rows a second until a job's own pace is known.
USUAL_PACE = 500


class JobFormat(StrEnum):
    """How the rows were sent."""

    NDJSON = "ndjson"
    CSV = "csv"
    XLSX = "xlsx"


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RowState(StrEnum):
    """`queued`: failed before and waiting to be tried again."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Priority(StrEnum):
    """Among the jobs of one tenant; tenants take turns whatever their priorities."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


# What may be done to a job, and from which states.
_TRANSITIONS = {
    "cancel": ({JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED}, JobStatus.CANCELLED),
    "pause": ({JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED}, JobStatus.PAUSED),
    "resume": ({JobStatus.PAUSED}, JobStatus.QUEUED),
    "retry": ({JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.FINISHED}, JobStatus.QUEUED),
}

Places = tuple[int, ...]


class Block(Struct, frozen=True):
    """Rows that one transaction works off; `lines` are their invoices as JSON.

    Of a table, `places` holds for each row the sheet's lines that its invoice's lines stand on.
    """

    rows: tuple[int, ...]
    lines: tuple[bytes, ...]
    places: tuple[Places | None, ...] | None = None

    def cut(self, size: int) -> "list[Block]":
        """In pieces of at most so many rows."""
        return [self._slice(first, first + size) for first in range(0, len(self.rows), size)]

    def skip(self, count: int) -> "Block":
        """What is left when the first rows are done."""
        return self._slice(count, len(self.rows))

    def _slice(self, first: int, end: int) -> "Block":
        places = None if self.places is None else self.places[first:end]
        return Block(self.rows[first:end], self.lines[first:end], places)


class Job(Struct, frozen=True, kw_only=True):
    """A job as it stands. `block` is the number of the block to be worked off next, `position` how far it is done.

    `columns` are what a table's columns mean, in their order: dotted names, empty for those that are passed over.
    `waits_until` is when the next row, which cannot be decided now, is tried again; `updated_at` when it last got on.
    """

    tenant: TenantId
    id: UUID
    actor: str
    format: JobFormat
    status: JobStatus
    total: int | None
    succeeded: int
    failed: int
    blocks: int
    block: int
    position: int
    done_at_start: int
    correlation: Correlation
    created_at: datetime
    started_at: datetime | None
    announced_at: datetime
    updated_at: datetime
    columns: tuple[str, ...] | None = None
    waits_until: datetime | None = None

    @property
    def left(self) -> int:
        """Rows without a result."""
        return (self.total or 0) - self.done

    @property
    def place(self) -> tuple[object, ...]:
        """What another worker, or its sender, would have changed."""
        return (self.status, self.block, self.position, self.waits_until)

    @property
    def done(self) -> int:
        return self.succeeded + self.failed


class RowResult(Struct, frozen=True):
    """What became of a row. `invoice` is kept where it failed."""

    row: int
    state: RowState
    reference: str | None
    invoice_id: InvoiceId | None = None
    problem: bytes | None = None
    invoice: bytes | None = None
    places: Places | None = None


def move(status: JobStatus, action: str) -> JobStatus:
    """The status after `cancel`, `pause`, `resume` or `retry`; raises JobStateConflict."""
    allowed, after = _TRANSITIONS[action]
    if status not in allowed:
        raise JobStateConflict(
            f"A job that is {status} cannot be changed by {action}.",
            detail_zh=f"任务状态为 {status}，不允许该操作（{action}）。",
            job_status=status,
            action=action,
        )
    if action == "retry" and status is not JobStatus.FINISHED:
        return status
    return after


def expect_finish(job: Job, *, now: datetime) -> datetime:
    """By the job's own pace since it began or was begun again, once it has one."""
    done = job.done - job.done_at_start
    seconds = (now - job.started_at).total_seconds() if job.started_at is not None else 0
    pace = done / seconds if done >= BLOCK_ROWS and seconds > 0 else USUAL_PACE
    return now + timedelta(seconds=job.left / pace)
