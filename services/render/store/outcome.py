"""What became of documents: stored, failed, downloaded."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey, Failure, PendingDocument, StoredDocument
from services.render.seal import Manifest, SealedDocument
from services.render.store.keys import columns

SAVE_STORED = """
update documents d
set state = 'ready', finished_at = $11, sha256 = stored.sha256, size = stored.size, bucket = stored.bucket,
    object_key = stored.object_key, object_version_id = stored.object_version_id,
    object_offset = stored.object_offset
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::text[], $8::text[],
            $9::text[], $10::bigint[])
  as stored (tenant_id, invoice_id, format, version, sha256, size, bucket, object_key, object_version_id,
             object_offset)
where d.tenant_id = stored.tenant_id
  and d.invoice_id = stored.invoice_id
  and d.format = stored.format
  and d.version = stored.version
  and d.finished_at is null
returning d.tenant_id, d.invoice_id, d.format, d.version
"""


async def save_stored(tx: Tx, stored: Sequence[StoredDocument], *, now: datetime) -> set[DocumentKey]:
    """Returns those that were still pending: a document that another renderer finished keeps its first copy."""
    if not stored:
        return set()
    rows = await tx.fetch(
        SAVE_STORED,
        *columns([one.part.document.key for one in stored]),
        [one.part.sha256 for one in stored],
        [one.part.length for one in stored],
        [one.bucket for one in stored],
        [one.object_key for one in stored],
        [one.object_version_id for one in stored],
        [one.part.offset for one in stored],
        now,
    )
    return {DocumentKey(*row) for row in rows}


LOAD_READY = """
select i.tenant_id, i.id, i.code, i.number, i.issued_at, d.format, d.version, d.sha256, d.size
from unnest($1::uuid[], $2::uuid[]) as finished (tenant_id, invoice_id)
join invoices i on i.tenant_id = finished.tenant_id and i.id = finished.invoice_id
join documents d on d.tenant_id = finished.tenant_id and d.invoice_id = finished.invoice_id
where d.state = 'ready'
order by i.tenant_id, i.id
"""


async def load_manifests(
    tx: Tx, invoices: Iterable[tuple[TenantId, InvoiceId]]
) -> dict[tuple[TenantId, InvoiceId], Manifest]:
    """All that is ready of each invoice by now."""
    wanted = set(invoices)
    if not wanted:
        return {}
    rows = await tx.fetch(LOAD_READY, [tenant for tenant, _ in wanted], [invoice for _, invoice in wanted])
    manifests = {}
    for (tenant, invoice, code, number, issued_at), group in groupby(rows, lambda row: row[:5]):
        documents = [SealedDocument(*row[5:]) for row in group]
        manifests[tenant, invoice] = Manifest(invoice, code, number, issued_at, documents)
    return manifests


SAVE_FAILED = """
update documents d
set state = 'failed', finished_at = $7, reason = failed.reason, reason_zh = failed.reason_zh
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[])
  as failed (tenant_id, invoice_id, format, version, reason, reason_zh)
where d.tenant_id = failed.tenant_id
  and d.invoice_id = failed.invoice_id
  and d.format = failed.format
  and d.version = failed.version
  and d.finished_at is null
returning d.tenant_id, d.invoice_id, d.format, d.version
"""


async def save_failed(
    tx: Tx, failed: Sequence[tuple[PendingDocument, Failure]], *, now: datetime
) -> set[DocumentKey]:
    """Returns those that were still pending."""
    if not failed:
        return set()
    rows = await tx.fetch(
        SAVE_FAILED,
        *columns([document.key for document, _ in failed]),
        [failure.reason for _, failure in failed],
        [failure.reason_zh for _, failure in failed],
        now,
    )
    return {DocumentKey(*row) for row in rows}


INSERT_DOWNLOAD = """
insert into downloads (tenant_id, id, invoice_id, format, version, actor, via, request_id, downloaded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def insert_download(
    tx: Tx, key: DocumentKey, *, download_id: UUID, actor: str, via: str, request_id: str, now: datetime
) -> None:
    await tx.execute(
        INSERT_DOWNLOAD,
        key.tenant,
        download_id,
        key.invoice,
        key.format,
        key.version,
        actor,
        via,
        request_id,
        now,
    )


HAS_DOWNLOADED = """
select exists (
  select from downloads
  where tenant_id = $1
    and invoice_id = $2
    and format = $3
    and version = $4
    and actor = $5
    and via = $6
    and downloaded_at > $7
)
"""


async def has_downloaded(tx: Tx, key: DocumentKey, *, actor: str, via: str, since: datetime) -> bool:
    return bool(await tx.fetchval(HAS_DOWNLOADED, *key, actor, via, since))
