"""Reads for the API: the documents of an invoice, and one of them. Also the renderer's backlog."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from libs.common.object_store import Slice
from services.render.domain import DocumentKey, PendingDocument, Redraw


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One version of a document as it stands, with what its file name is made of."""

    key: DocumentKey
    state: str
    created_at: datetime
    sha256: str | None
    size: int | None
    place: Slice | None
    reason: str | None
    reason_zh: str | None
    download_count: int
    code: str | None
    number: str
    seller_name: str
    issued_at: datetime
    mark: str | None
    redraw: Redraw | None


LIST_DOCUMENTS = """
select d.tenant_id, d.invoice_id, d.format, d.version, d.state, d.created_at, d.sha256, d.size, d.bucket,
  d.object_key, d.object_version_id, d.object_offset, d.reason, d.reason_zh, d.mark, d.redrawn_for, d.redrawn_by,
  (
    select count(*)
    from downloads w
    where w.tenant_id = d.tenant_id and w.invoice_id = d.invoice_id and w.format = d.format
      and w.version = d.version
  ) as download_count,
  i.code, i.number, i.seller_name, i.issued_at
from documents d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
where d.tenant_id = $1
  and d.invoice_id = $2
order by d.format, d.version
"""


async def list_documents(tx: Tx, tenant: TenantId, invoice: UUID) -> list[DocumentView]:
    """Every version of every format; none if the invoice is not known here."""
    return [_view(row) for row in await tx.fetch(LIST_DOCUMENTS, tenant, invoice)]


# Without a version: the newest that is ready, else the newest.
FIND_DOCUMENT = """
select d.tenant_id, d.invoice_id, d.format, d.version, d.state, d.created_at, d.sha256, d.size, d.bucket,
  d.object_key, d.object_version_id, d.object_offset, d.reason, d.reason_zh, d.mark, d.redrawn_for, d.redrawn_by,
  0 as download_count, i.code, i.number, i.seller_name, i.issued_at
from documents d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
where d.tenant_id = $1
  and d.invoice_id = $2
  and d.format = $3
  and ($4::integer is null or d.version = $4)
order by d.state = 'ready' desc, d.version desc
limit 1
"""


async def find_document(
    tx: Tx, tenant: TenantId, invoice: UUID, file_format: str, version: int | None
) -> DocumentView | None:
    row = await tx.fetchrow(FIND_DOCUMENT, tenant, invoice, file_format, version)
    return _view(row) if row is not None else None


def _view(row: asyncpg.Record) -> DocumentView:
    place = None
    if row["state"] == "ready":
        place = Slice(
            row["bucket"], row["object_key"], row["object_version_id"], row["object_offset"], row["size"]
        )
    return DocumentView(
        key=DocumentKey(row["tenant_id"], InvoiceId(row["invoice_id"]), row["format"], row["version"]),
        state=row["state"],
        created_at=row["created_at"],
        sha256=row["sha256"],
        size=row["size"],
        place=place,
        reason=row["reason"],
        reason_zh=row["reason_zh"],
        download_count=row["download_count"],
        code=row["code"],
        number=row["number"],
        seller_name=row["seller_name"],
        issued_at=row["issued_at"],
        mark=row["mark"],
        redraw=None if row["redrawn_for"] is None else Redraw(row["redrawn_for"], row["redrawn_by"]),
    )


# The newest version, ready or not, with all that drawing it takes.
FIND_NEWEST = """
select d.tenant_id, d.invoice_id, d.format, d.version, d.state, d.created_at, d.sha256, d.size, d.bucket,
  d.object_key, d.object_version_id, d.object_offset, d.reason, d.reason_zh, d.mark, d.redrawn_for, d.redrawn_by,
  d.attempts, 0 as download_count, i.code, i.number, i.seller_name, i.issued_at, i.reference, i.body,
  i.correlation_id, i.traceparent
from documents d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
where d.tenant_id = $1
  and d.invoice_id = $2
  and d.format = $3
order by d.version desc
limit 1
"""


async def find_newest(
    tx: Tx, tenant: TenantId, invoice: UUID, file_format: str
) -> tuple[DocumentView, PendingDocument] | None:
    row = await tx.fetchrow(FIND_NEWEST, tenant, invoice, file_format)
    if row is None:
        return None
    view = _view(row)
    pending = PendingDocument(
        key=view.key,
        number=view.number,
        reference=row["reference"],
        issued_at=view.issued_at,
        correlation=Correlation(row["correlation_id"], row["traceparent"]),
        body=row["body"],
        created_at=view.created_at,
        mark=view.mark,
        attempts=row["attempts"],
    )
    return view, pending


@dataclass(frozen=True, slots=True)
class Download:
    """Who fetched which version, when and how."""

    id: UUID
    format: str
    version: int
    actor: str
    via: str
    request_id: str
    downloaded_at: datetime


LIST_DOWNLOADS = """
select id, format, version, actor, via, request_id, downloaded_at
from downloads
where tenant_id = $1
  and invoice_id = $2
  and id < $3
order by id desc
limit $4
"""


async def list_downloads(
    tx: Tx, tenant: TenantId, invoice: UUID, *, before: UUID, limit: int
) -> list[Download]:
    """Newest first."""
    return [Download(**row) for row in await tx.fetch(LIST_DOWNLOADS, tenant, invoice, before, limit)]


@dataclass(frozen=True, slots=True)
class RetentionView:
    """Years that a tenant has chosen, and who did."""

    years: int
    actor: str
    chosen_at: datetime
    applied_at: datetime | None


LIST_CHOICES = """
select years, actor, chosen_at, applied_at
from retention_choices
where tenant_id = $1
order by id desc
limit 50
"""


async def list_choices(tx: Tx, tenant: TenantId) -> list[RetentionView]:
    """The last ones, newest first: that one holds."""
    return [RetentionView(**row) for row in await tx.fetch(LIST_CHOICES, tenant)]


# Seconds until the first lock ends that should be longer; a day where there is none.
MEASURE_LOCKS = """
select count(*) as objects,
  coalesce(extract(epoch from min(locked_until) - now()), 86400)::bigint as seconds
from objects
where locked_until < retain_until
"""


async def measure_locks(tx: Tx) -> tuple[int, int]:
    """How many objects are locked for too short a time, and in how many seconds the first lock of those ends."""
    row = await tx.fetchrow(MEASURE_LOCKS)
    return (row["objects"], row["seconds"]) if row is not None else (0, 86_400)


MEASURE_PENDING = """
select count(*) as documents, coalesce(extract(epoch from now() - min(created_at)), 0)::bigint as oldest_seconds
from documents
where state = 'pending'
"""


async def measure_pending(tx: Tx) -> tuple[int, int]:
    """How many documents wait, and for how many seconds the oldest has."""
    row = await tx.fetchrow(MEASURE_PENDING)
    return (row["documents"], row["oldest_seconds"]) if row is not None else (0, 0)
