"""Bodies and answers about schedules of exports."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.invoice.domain.export import Target, TargetKind
from services.invoice.domain.export_schedule import Frequency
from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.exports import ContentFields, TargetResponse
from services.invoice.schemas.fields import StrictModel, Text

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Folders below the target; no way out of it.
_PREFIX = re.compile(r"(?:[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*/)*")

Prefix = Annotated[str, Field(max_length=200, pattern=f"^{_PREFIX.pattern}$", examples=["invoices/"])]
Secret = Annotated[str, Field(min_length=1, max_length=500, repr=False)]


class PlatformTarget(StrictModel):
    """Kept by the platform until it expires."""

    kind: Literal["platform"]

    def to_domain(self) -> tuple[Target, str]:
        return Target(), ""


class S3Target(StrictModel):
    """A bucket at any S3 server; the secret is sealed and never answered."""

    kind: Literal["s3"]
    endpoint: Annotated[
        str, Field(max_length=500, pattern=r"^https?://[!-.0-~]+/?$", examples=["https://s3.example.cn"])
    ]
    bucket: Annotated[str, Field(pattern=f"^{_BUCKET.pattern}$")]
    prefix: Prefix = ""
    access_key: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    secret_key: Secret

    def to_domain(self) -> tuple[Target, str]:
        kind, url = TargetKind.S3, self.endpoint.rstrip("/")
        target = Target(kind=kind, url=url, bucket=self.bucket, prefix=self.prefix, user=self.access_key)
        return target, self.secret_key


class WebDavTarget(StrictModel):
    """A folder of a WebDAV server, which must exist; the password is sealed and never answered."""

    kind: Literal["webdav"]
    url: Annotated[
        str, Field(max_length=500, pattern=r"^https?://[!-~]+$", examples=["https://dav.example.cn/backup"])
    ]
    prefix: Prefix = ""
    user: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-9;-~]+$")]
    password: Secret

    def to_domain(self) -> tuple[Target, str]:
        target = Target(kind=TargetKind.WEBDAV, url=self.url, prefix=self.prefix, user=self.user)
        return target, self.password


TargetBody = Annotated[PlatformTarget | S3Target | WebDavTarget, Field(discriminator="kind")]
Name = Annotated[str, Text(100, is_required=True)]
CheckDocuments = Annotated[int, Field(ge=0, le=1000, strict=True)]


class ScheduleRequest(ContentFields):
    """Weekly: Monday to Sunday. Monthly: the calendar month. Made at 02:00 in Shanghai after the period's end."""

    name: Name
    frequency: Frequency
    target: TargetBody = PlatformTarget(kind="platform")
    check_documents: CheckDocuments = 0
    is_active: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="after")
    def _check_period(self) -> "ScheduleRequest":
        if self.filter.issued_from is not None or self.filter.issued_to is not None:
            raise PydanticCustomError(
                "period", "The schedule sets the period; leave issued_from and issued_to out"
            )
        return self


class ScheduleChanges(StrictModel):
    """What is given replaces what was."""

    name: Name | None = None
    frequency: Frequency | None = None
    target: TargetBody | None = None
    is_active: Annotated[bool, Field(strict=True)] | None = None


class ScheduleResponse(AnswerModel):
    """`check_documents`: so many are compared with the target's copy after each run."""

    id: UUID
    name: str
    frequency: Frequency
    filter: dict[str, Any]
    formats: list[str]
    tables: list[str]
    recipients: list[str]
    check_documents: int
    target: TargetResponse
    is_active: bool
    next_run_at: datetime
    actor: str
    version: int
    created_at: datetime


class ScheduleListResponse(AnswerModel):
    items: list[ScheduleResponse]
    next_cursor: str | None
    as_of: datetime
