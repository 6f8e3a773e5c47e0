"""An export: an archive of invoices with their documents, tables and a manifest, and where it is kept."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from libs.common.ids import TenantId

# A tenant's exports that are not at their end yet.
MOST_OPEN_EXPORTS = 20
MOST_ATTEMPTS = 8


class ExportStatus(StrEnum):
    """The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TargetKind(StrEnum):
    """`platform`: kept here until it expires; the others get a copy of their own."""

    PLATFORM = "platform"
    S3 = "s3"
    WEBDAV = "webdav"


class Target(Struct, frozen=True, kw_only=True):
    """Where archives go, without its secrets. `url` is the S3 endpoint or the WebDAV folder."""

    kind: TargetKind = TargetKind.PLATFORM
    url: str = ""
    bucket: str = ""
    prefix: str = ""
    user: str = ""
    """The S3 access key or the WebDAV user."""


class ExportContent(Struct, frozen=True, kw_only=True):
    """What the archive holds. `recipients` are age public keys; with any, the archive is encrypted for them."""

    filters: dict[str, Any] = {}
    formats: tuple[str, ...] = ("pdf", "ofd", "xml")
    tables: tuple[str, ...] = ("xlsx", "csv")
    recipients: tuple[str, ...] = ()
    check_documents: int = 0
    """So many documents are compared with the target's copy when the archive is there; 0: no check."""


class Period(Struct, frozen=True):
    """Calendar days in Asia/Shanghai, both included."""

    first: date
    last: date


def within(content: ExportContent, period: Period) -> ExportContent:
    """Only what was issued in the period, from its first instant in Shanghai to its last."""
    days = {
        "issued_from": f"{period.first}T00:00:00+08:00",
        "issued_to": f"{period.last}T23:59:59.999999+08:00",
    }
    return structs.replace(content, filters={**content.filters, **days})


class ExportOrder(Struct, frozen=True, kw_only=True):
    """An export as it was asked for, by a person or a schedule."""

    tenant: TenantId
    id: UUID
    content: ExportContent
    target: Target = Target()
    schedule_id: UUID | None = None
    period: Period | None = None
    actor: str


class ClaimedExport(Struct, frozen=True, kw_only=True):
    """An export in a worker's hands: nobody else works on it until the lease ends; `attempt` tells the hands apart."""

    order: ExportOrder
    attempt: int
    created_at: datetime
    size: int | None
    sha256: str | None
    sealed_secrets: bytes | None


def archive_name(order: ExportOrder) -> str:
    """`openfapiao-2026-10-01-2026-10-31-0199….zip`, with `.age` behind it where it is encrypted."""
    days = f"{order.period.first}-{order.period.last}-" if order.period else ""
    return f"openfapiao-{days}{order.id}.zip{'.age' if order.content.recipients else ''}"


def archive_key(order: ExportOrder) -> str:
    """Where the archive lies in the platform's own store; an attempt overwrites what an earlier one left."""
    return f"{order.tenant}/{order.id}/{archive_name(order)}"


def retry_delay(attempt: int) -> timedelta:
    """10 s doubling to 30 minutes."""
    return timedelta(seconds=min(1800, 10 * 2 ** min(attempt - 1, 10)))


class CheckOrder(Struct, frozen=True, kw_only=True):
    """Compare a kept archive with the platform: as a whole, its tables, and `sample` documents drawn by lot."""

    tenant: TenantId
    id: UUID
    export_id: UUID
    sample: int
    actor: str


class ClaimedCheck(Struct, frozen=True, kw_only=True):
    """A check in a worker's hands, and the archive it is about."""

    order: CheckOrder
    export: ExportOrder
    attempt: int
    size: int
    sha256: str
    sealed_secrets: bytes | None


class Finding(Struct, frozen=True):
    """Something that is not as it was recorded."""

    code: str
    """archive-missing, archive-differs, archive-unreadable, manifest-unreadable, file-missing, file-damaged,
    file-differs, document-differs."""
    name: str = ""
    expected: str = ""
    found: str = ""


class CheckReport(Struct, frozen=True, kw_only=True):
    """What was compared. Of an encrypted archive the whole is compared, for only its recipients can open it."""

    archive_sha256: str = ""
    is_encrypted: bool = False
    files_checked: int = 0
    documents_checked: int = 0
    findings: tuple[Finding, ...] = ()
