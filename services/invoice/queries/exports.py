"""Exports as answers show them, and what an archive is made of, a page at a time."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339, utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, id_below
from services.invoice.domain.documents import Outcome, Place, read_outcomes
from services.invoice.domain.encoding import decode
from services.invoice.domain.export import ExportContent, Target
from services.invoice.errors import ExportNotFound
from services.invoice.store.invoice import Content

_AWAITED = Outcome("pending")
# Documents of an invoice become ready together: one that is not among them was never asked for.
_NEVER_DRAWN = Outcome("not-produced")


class ExportView(Struct, frozen=True, kw_only=True):
    """One export as it is now."""

    id: UUID
    status: str
    total: int | None
    done: int
    missing: int | None
    missing_reasons: dict[str, int] | None
    size: int | None
    sha256: str | None
    filter: dict[str, Any]
    formats: tuple[str, ...]
    tables: tuple[str, ...]
    recipients: tuple[str, ...]
    period: dict[str, date] | None
    schedule_id: UUID | None
    target: Target
    problem: Any
    actor: str
    created_at: str
    finished_at: str | None
    expires_at: str | None


class ExportPage(Struct, frozen=True):
    items: list[ExportView]
    next_cursor: str | None
    as_of: str


class StoredArchive(Struct, frozen=True):
    """Where the bytes of a finished export lie."""

    key: str
    size: int
    sha256: str


LIST_EXPORTS = """
select id, status, total, done, missing, missing_reasons, size, sha256, content, period_from, period_to, schedule_id,
  target, problem, actor, created_at, finished_at, expires_at
from exports
where tenant_id = $1 and id < $2 and ($3::uuid is null or schedule_id = $3)
order by id desc
limit $4
"""


async def list_exports(
    pool: Pool, tenant: TenantId, *, schedule: UUID | None, limit: int, cursor: str | None
) -> ExportPage:
    """The newest first."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_EXPORTS, tenant, id_below(cursor), schedule, limit + 1)
    page, next_cursor = cut_page([_view(row) for row in rows], limit, lambda view: (view.id,))
    return ExportPage(list(page), next_cursor, rfc3339(utc_now()))


FIND_EXPORT = """
select id, status, total, done, missing, missing_reasons, size, sha256, content, period_from, period_to, schedule_id,
  target, problem, actor, created_at, finished_at, expires_at
from exports
where tenant_id = $1 and id = $2
"""


async def find_export(tx: Tx, tenant: TenantId, export_id: UUID) -> ExportView:
    """Raises ExportNotFound."""
    row = await tx.fetchrow(FIND_EXPORT, tenant, export_id)
    if row is None:
        raise ExportNotFound
    return _view(row)


FIND_ARCHIVE = """
select object_key, size, sha256
from exports
where tenant_id = $1 and id = $2 and status = 'finished' and object_key is not null and expires_at > $3
"""


async def find_archive(tx: Tx, tenant: TenantId, export_id: UUID, *, now: datetime) -> StoredArchive | None:
    """None while it is not finished and when its time is over."""
    row = await tx.fetchrow(FIND_ARCHIVE, tenant, export_id, now)
    return None if row is None else StoredArchive(row["object_key"], row["size"], row["sha256"])


def _view(row: Any) -> ExportView:
    content = decode(row["content"], ExportContent)
    period = {"from": row["period_from"], "to": row["period_to"]} if row["period_from"] else None
    return ExportView(
        **{name: row[name] for name in ("id", "status", "total", "done", "missing", "size", "sha256")},
        **{name: row[name] for name in ("schedule_id", "actor")},
        missing_reasons=msgspec.json.decode(row["missing_reasons"]) if row["missing_reasons"] else None,
        filter=content.filters,
        formats=content.formats,
        tables=content.tables,
        recipients=content.recipients,
        period=period,
        target=decode(row["target"], Target),
        problem=msgspec.json.decode(row["problem"]) if row["problem"] else None,
        created_at=rfc3339(row["created_at"]),
        finished_at=row["finished_at"] and rfc3339(row["finished_at"]),
        expires_at=row["expires_at"] and rfc3339(row["expires_at"]),
    )


class ExportedDocument(Struct, frozen=True):
    """What became of a document, and where render keeps it; of old ones nobody kept the place."""

    format: str
    outcome: Outcome
    place: Place | None

    @property
    def lack(self) -> str:
        """Why it cannot be had: pending, not-produced, place-unknown, or why not drawn; empty where it can."""
        if self.outcome.state != "ready":
            return self.outcome.reason or self.outcome.state
        return "" if self.place else "place-unknown"


class ExportedInvoice(Struct, frozen=True):
    """One row of the tables with its lines and documents."""

    id: UUID
    kind: str
    code: str | None
    number: str | None
    reference: str | None
    status: str
    reversal: str
    authority_state: str
    issue_date: date | None
    issued_at: datetime | None
    content: Content
    documents: tuple[ExportedDocument, ...]
    seal: msgspec.Raw | None
    """The platform's signature over its documents, as render published it."""


LOAD_EXPORTED = """
select i.id, i.kind, i.code, i.number, i.reference, i.status, i.reversal, i.authority_state, i.issue_date, i.issued_at,
  i.content, d.documents, d.places, d.seal
from unnest($2::uuid[]) with ordinality as listed (id, place)
join invoices i on i.tenant_id = $1 and i.id = listed.id
left join archived_documents d on d.tenant_id = i.tenant_id and d.invoice_id = i.id
order by listed.place
"""


async def load_exported(
    pool: Pool, tenant: TenantId, invoices: list[UUID], formats: tuple[str, ...]
) -> list[ExportedInvoice]:
    """In the order of `invoices`."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LOAD_EXPORTED, tenant, invoices)
    names = ExportedInvoice.__struct_fields__[:-3]
    return [
        ExportedInvoice(
            **{name: row[name] for name in names},
            content=decode(row["content"], Content),
            documents=_exported_documents(row, formats),
            seal=msgspec.Raw(row["seal"].encode()) if row["seal"] else None,
        )
        for row in rows
    ]


def _exported_documents(row: Any, formats: tuple[str, ...]) -> tuple[ExportedDocument, ...]:
    outcomes = read_outcomes(row["documents"])
    places = msgspec.json.decode(row["places"] or "{}", type=dict[str, Place])
    unknown = _NEVER_DRAWN if outcomes else _AWAITED
    return tuple(ExportedDocument(name, outcomes.get(name, unknown), places.get(name)) for name in formats)
