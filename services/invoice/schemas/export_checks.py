"""Bodies and answers about checks of archives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import StrictModel


class CheckRequest(StrictModel):
    """`documents`: so many, drawn by lot, are compared one by one; the tables always are."""

    documents: Annotated[int, Field(ge=0, le=1000, strict=True)] = 20


class FindingResponse(AnswerModel):
    """Something that is not as it was recorded."""

    code: Literal[
        "archive-missing",
        "archive-differs",
        "archive-unreadable",
        "manifest-unreadable",
        "file-missing",
        "file-damaged",
        "file-differs",
        "document-differs",
    ]
    name: str
    expected: str
    found: str


class CheckReportResponse(AnswerModel):
    """What was compared; an encrypted archive as a whole, for only its recipients can open it."""

    archive_sha256: str
    is_encrypted: bool
    files_checked: int
    documents_checked: int
    findings: list[FindingResponse]


class CheckResponse(AnswerModel):
    id: UUID
    export_id: UUID
    status: Literal["queued", "running", "passed", "failed"]
    documents: int
    result: CheckReportResponse | None
    actor: str
    created_at: datetime
    finished_at: datetime | None


class CheckListResponse(AnswerModel):
    items: list[CheckResponse]
    next_cursor: str | None
    as_of: datetime
