"""Bulk jobs: what may be asked, and the shape of the answers for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StrictInt

from services.invoice.domain.job import MOST_ROWS, JobFormat, JobStatus, Priority, RowState
from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import StrictModel, Text
from services.invoice.schemas.queries import PageParameters


class SubmitJobParameters(StrictModel):
    """`priority` is among the tenant's own jobs."""

    priority: Priority = Priority.NORMAL


class ListJobsParameters(PageParameters):
    status: JobStatus | None = None


class ListRowsParameters(PageParameters):
    """Rows are listed once they have a result."""

    state: RowState | None = None


class ResultParameters(StrictModel):
    """`state=failed`: the failed rows as they were sent, with the reasons beside them, ready to be sent again."""

    state: Annotated[RowState, Field(pattern="^failed$")] | None = None


class RetriedRow(StrictModel):
    """A failed row with another invoice in its place."""

    row: Annotated[StrictInt, Field(ge=1, le=MOST_ROWS)]
    invoice: dict[str, Any]


class RetryRequest(StrictModel):
    """Without `rows`, all that failed are tried again as they were sent."""

    rows: Annotated[list[RetriedRow], Field(min_length=1, max_length=10_000)] | None = None


class MappingRequest(StrictModel):
    """`columns` maps headings of the tenant's own tables to column names, such as `{"品名": "line.name"}`."""

    columns: Annotated[
        dict[Annotated[str, Text(100, is_required=True)], Annotated[str, Text(40)]], Field(max_length=200)
    ]


class MappingResponse(AnswerModel):
    columns: dict[str, str]


class JobResponse(AnswerModel):
    """A bulk job; `total` is null until its table has been read.

    `problem` says why it failed as a whole, or what a job waits for that goes on by itself.
    """

    id: UUID
    status: JobStatus
    format: JobFormat
    priority: Priority
    total: int | None
    succeeded: int
    failed: int
    expected_finish_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    problem: dict[str, Any] | None


class JobListResponse(AnswerModel):
    items: list[JobResponse]
    next_cursor: str | None
    as_of: datetime


class JobRowResponse(AnswerModel):
    """A row of a job with its result; of a table, the errors of `problem` name `column` and `cell`."""

    row: int
    reference: str | None
    state: RowState
    invoice_id: UUID | None
    code: str | None
    number: str | None
    problem: dict[str, Any] | None


class JobRowListResponse(AnswerModel):
    items: list[JobRowResponse]
    next_cursor: str | None
    as_of: datetime
