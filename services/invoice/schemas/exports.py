"""Bodies and answers about exports."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.ids import TenantId
from services.invoice.domain.encoding import encode
from services.invoice.domain.export import (
    ExportContent,
    ExportOrder,
    ExportStatus,
    Period,
    TargetKind,
    within,
)
from services.invoice.exports.encryption import is_recipient
from services.invoice.queries.invoice_filters import InvoiceFilters
from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import Moment, StrictModel, Text
from services.invoice.schemas.queries import InvoiceFilterFields, PageParameters

Format = Literal["pdf", "ofd", "xml"]
TableFormat = Literal["xlsx", "csv"]


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _check_recipient(text: str) -> str:
    if not is_recipient(text):
        raise PydanticCustomError("age_recipient", "Give an age public key (age1…)")
    return text


Recipient = Annotated[str, Text(100), AfterValidator(_check_recipient)]
Day = Annotated[str, Moment()]


class ContentFields(StrictModel):
    """What an archive holds. With `recipients` (age public keys) it is encrypted for them before it is stored."""

    filter: InvoiceFilterFields = InvoiceFilterFields()
    formats: Annotated[tuple[Format, ...], AfterValidator(_distinct)] = Field(
        ("pdf", "ofd", "xml"), max_length=3
    )
    tables: Annotated[tuple[TableFormat, ...], AfterValidator(_distinct)] = Field(
        ("xlsx", "csv"), max_length=2
    )
    recipients: Annotated[tuple[Recipient, ...], AfterValidator(_distinct)] = Field((), max_length=20)

    def to_content(self, *, check_documents: int = 0) -> ExportContent:
        return ExportContent(
            filters=plain_filters(self.filter.to_filters()),
            formats=self.formats,
            tables=self.tables,
            recipients=self.recipients,
            check_documents=check_documents,
        )


class ExportRequest(ContentFields):
    """All invoices that the filter names, or those issued from one day to another (Asia/Shanghai, both included)."""

    first: Day | None = Field(None, alias="from")
    last: Day | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _check_days(self) -> "ExportRequest":
        if (self.first is None) is not (self.last is None):
            raise PydanticCustomError("period", "Give both from and to, or neither")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise PydanticCustomError("period", "from is after to")
        if self.first is not None and (self.filter.issued_from or self.filter.issued_to):
            raise PydanticCustomError(
                "period", "Give from and to, or issued_from and issued_to in the filter"
            )
        return self

    def to_order(self, tenant: TenantId, export_id: UUID, actor: str) -> ExportOrder:
        content, period = self.to_content(), None
        if self.first is not None and self.last is not None:
            period = Period(date.fromisoformat(self.first), date.fromisoformat(self.last))
            content = within(content, period)
        return ExportOrder(tenant=tenant, id=export_id, content=content, period=period, actor=actor)


def plain_filters(filters: InvoiceFilters) -> dict[str, Any]:
    """Those that are given, as JSON has them."""
    every: dict[str, Any] = msgspec.json.decode(encode(filters))
    return {name: value for name, value in every.items() if value not in (None, [])}


class ListExportsParameters(PageParameters):
    schedule_id: UUID | None = None


class TargetResponse(AnswerModel):
    """Where archives go; never the secrets."""

    kind: TargetKind
    url: str
    bucket: str
    prefix: str
    user: str


class PeriodResponse(AnswerModel):
    """Days in Asia/Shanghai, both included."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class ExportProblemResponse(AnswerModel):
    """Why the last attempt failed."""

    code: str
    title: str
    title_zh: str
    detail: str
    detail_zh: str


class ExportResponse(AnswerModel):
    """`missing` counts documents that are not in the archive, by reason in `missing_reasons` (pending,
    not-produced, corrupt, place-unknown, or why it could not be drawn); the manifest names them. `sha256` and `size`
    are the file's.
    """

    id: UUID
    status: ExportStatus
    total: int | None
    done: int
    missing: int | None
    missing_reasons: dict[str, int] | None
    size: int | None
    sha256: str | None
    filter: dict[str, Any]
    formats: list[str]
    tables: list[str]
    recipients: list[str]
    period: PeriodResponse | None
    schedule_id: UUID | None
    target: TargetResponse
    problem: ExportProblemResponse | None
    actor: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


class ExportListResponse(AnswerModel):
    items: list[ExportResponse]
    next_cursor: str | None
    as_of: datetime
