"""Bulk jobs as their senders see them: one, all of a tenant, and the rows of one."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339, utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor, id_below
from services.invoice.domain.job import Priority
from services.invoice.errors import JobNotFound

GET_JOB = """
select id, status, format, priority, total, succeeded, failed, expected_finish_at, created_at, started_at, updated_at,
  finished_at, problem
from invoice_jobs
where tenant_id = $1 and id = $2
"""
LIST_JOBS = """
select id, status, format, priority, total, succeeded, failed, expected_finish_at, created_at, started_at, updated_at,
  finished_at, problem
from invoice_jobs
where tenant_id = $1 and id < $2 and ($3::text is null or status = $3)
order by id desc
limit $4
"""
LIST_ROWS = """
select r.row, r.reference, r.state, r.invoice_id, i.code, i.number, r.problem
from invoice_job_rows r
left join invoices i on i.tenant_id = r.tenant_id and i.id = r.invoice_id
where r.tenant_id = $1 and r.job_id = $2 and r.row > $3 and ($4::text is null or r.state = $4)
order by r.row
limit $5
"""
LIST_FAILED_INVOICES = """
select row, invoice, problem
from invoice_job_rows
where tenant_id = $1 and job_id = $2 and row > $3 and state = 'failed'
order by row
limit $4
"""
_AT_ONCE = 500


class JobView(Struct, frozen=True):
    """A job of the public answers. `total` is null until a table has been read."""

    id: UUID
    status: str
    format: str
    priority: str
    total: int | None
    succeeded: int
    failed: int
    expected_finish_at: str | None
    created_at: str
    started_at: str | None
    updated_at: str
    finished_at: str | None
    problem: msgspec.Raw | None


class JobPage(Struct, frozen=True):
    items: list[JobView]
    next_cursor: str | None
    as_of: str


class RowView(Struct, frozen=True):
    """A row with its result; `number` is null where there is no invoice, or the authority has not given it yet."""

    row: int
    reference: str | None
    state: str
    invoice_id: UUID | None
    code: str | None
    number: str | None
    problem: msgspec.Raw | None


class RowPage(Struct, frozen=True):
    items: list[RowView]
    next_cursor: str | None
    as_of: str


class FailedRow(Struct, frozen=True):
    """A failed row as it was sent, and why it failed."""

    row: int
    invoice: bytes
    problem: msgspec.Raw


async def get_job(tx: Tx, tenant: TenantId, job_id: UUID) -> JobView:
    """Raises JobNotFound."""
    row = await tx.fetchrow(GET_JOB, tenant, job_id)
    if row is None:
        raise JobNotFound
    return _job(row)


async def list_jobs(
    pool: Pool, tenant: TenantId, *, status: str | None, limit: int, cursor: str | None
) -> JobPage:
    """Newest first."""
    below = id_below(cursor)
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_JOBS, tenant, below, status, limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row["id"],))
    return JobPage([_job(row) for row in page], next_cursor, rfc3339(utc_now()))


async def list_rows(
    pool: Pool, tenant: TenantId, job_id: UUID, *, state: str | None, limit: int, cursor: str | None
) -> RowPage:
    """Rows that have a result, or are tried again, in order; raises JobNotFound."""
    after = decode_cursor(cursor, tuple[int])[0] if cursor else 0
    async with transaction(pool, tenant) as tx:
        await get_job(tx, tenant, job_id)
        rows = await tx.fetch(LIST_ROWS, tenant, job_id, min(after, 2**31 - 1), state, limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row["row"],))
    return RowPage([_row(row) for row in page], next_cursor, rfc3339(utc_now()))


async def read_rows(pool: Pool, tenant: TenantId, job_id: UUID) -> AsyncIterator[Sequence[RowView]]:
    """All rows with a result, some at a time, each time in a transaction of its own."""
    after = 0
    while True:
        async with transaction(pool, tenant) as tx:
            rows = await tx.fetch(LIST_ROWS, tenant, job_id, after, None, _AT_ONCE)
        if not rows:
            return
        after = rows[-1]["row"]
        yield [_row(row) for row in rows]


async def read_failed_rows(pool: Pool, tenant: TenantId, job_id: UUID) -> AsyncIterator[Sequence[FailedRow]]:
    """Failed rows as they were sent, some at a time."""
    after = 0
    while True:
        async with transaction(pool, tenant) as tx:
            rows = await tx.fetch(LIST_FAILED_INVOICES, tenant, job_id, after, _AT_ONCE)
        if not rows:
            return
        after = rows[-1]["row"]
        yield [
            FailedRow(row, invoice or b"{}", msgspec.Raw(problem.encode())) for row, invoice, problem in rows
        ]


def _job(row: Any) -> JobView:
    return JobView(
        id=row["id"],
        status=row["status"],
        format=row["format"],
        priority=list(Priority)[row["priority"]],
        total=row["total"],
        succeeded=row["succeeded"],
        failed=row["failed"],
        expected_finish_at=_instant(row["expected_finish_at"]),
        created_at=rfc3339(row["created_at"]),
        started_at=_instant(row["started_at"]),
        updated_at=rfc3339(row["updated_at"]),
        finished_at=_instant(row["finished_at"]),
        problem=_raw(row["problem"]),
    )


def _row(row: Any) -> RowView:
    return RowView(
        row["row"],
        row["reference"],
        row["state"],
        row["invoice_id"],
        row["code"],
        row["number"],
        _raw(row["problem"]),
    )


def _instant(time: datetime | None) -> str | None:
    return None if time is None else rfc3339(time)


def _raw(content: str | None) -> msgspec.Raw | None:
    return None if content is None else msgspec.Raw(content.encode())
