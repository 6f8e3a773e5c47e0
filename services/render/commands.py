"""What can happen to documents: requested, finished (stored or failed), downloaded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from libs.common import outbox
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId, new_id
from services.render.domain import (
    DocumentKey,
    Failure,
    IssuedInvoice,
    PendingDocument,
    Redraw,
    StoredPack,
    group_by_invoice,
)
from services.render.errors import DocumentInProgress
from services.render.events import document_failed, documents_ready
from services.render.seal import Sealer
from services.render.store import outcome, request
from services.render.store import retention as retentions

# How long after its first piece another one is of the same download.
DOWNLOAD = timedelta(minutes=15)


async def request_documents(
    tx: Tx, invoices: Sequence[IssuedInvoice], formats: Sequence[str], *, now: datetime
) -> None:
    """Each of the formats becomes a pending document of each invoice; what is known already stays as it is."""
    await request.save_invoices(tx, invoices, now=now)
    await request.save_pending_documents(tx, [(one.tenant, one.id) for one in invoices], formats, now=now)


async def mark_documents(
    tx: Tx, invoices: Sequence[tuple[TenantId, InvoiceId]], mark: str, *, now: datetime
) -> None:
    """The documents of each invoice once more, in a new version that says what became of it."""
    await request.save_marked_documents(tx, invoices, mark, now=now)


async def request_document(
    tx: Tx, tenant: TenantId, invoice: UUID, file_format: str, *, now: datetime
) -> None:
    """A format that is made on demand becomes a pending document, unless it is there."""
    await request.save_wanted_document(tx, tenant, invoice, file_format, now=now)


async def redraw_document(
    tx: Tx, newest: DocumentKey, mark: str | None, redraw: Redraw, *, now: datetime
) -> DocumentKey:
    """The next version becomes a pending document; raises DocumentInProgress if somebody else was faster."""
    key = newest._replace(version=newest.version + 1)
    if not await request.save_redrawn_document(tx, key, mark, redraw=redraw, now=now):
        raise DocumentInProgress(retry_after=1)
    return key


async def finish_documents(
    tx: Tx,
    packs: Sequence[StoredPack],
    failed: Sequence[tuple[PendingDocument, Failure]],
    *,
    sealer: Sealer,
    retention: timedelta | None,
    now: datetime,
) -> set[DocumentKey]:
    """Record what became of them and announce it: those of an invoice that are ready by one event, under a seal.

    Objects are to be kept for `retention`, or else by their tenants' terms. Returns those that nobody else had
    finished meanwhile.
    """
    confirmed = await retentions.confirm_puts(tx, [pack.put for pack in packs])
    packs = [pack for pack in packs if pack.put.id in confirmed]
    stored = [document for pack in packs for document in pack.documents]
    finished = await outcome.save_stored(tx, stored, now=now) | await outcome.save_failed(tx, failed, now=now)
    await _keep_objects(tx, packs, finished, retention=retention, now=now)
    groups = group_by_invoice(one for one in stored if one.part.document.key in finished)
    invoices = [group[0].part.document.key[:2] for group in groups]
    manifests = await outcome.load_manifests(tx, invoices)
    events = [
        *(
            documents_ready(group, sealer.seal_manifest(manifests[invoice]))
            for invoice, group in zip(invoices, groups, strict=True)
        ),
        *(document_failed(document, failure) for document, failure in failed if document.key in finished),
    ]
    await outbox.append_many(tx, events, now=now)
    return finished


async def _keep_objects(
    tx: Tx,
    packs: Sequence[StoredPack],
    finished: set[DocumentKey],
    *,
    retention: timedelta | None,
    now: datetime,
) -> None:
    """What documents refer to is to be locked for long; the rest is left to be removed."""
    named = [pack for pack in packs if finished.intersection(part.document.key for part in pack.pack.parts)]
    fixed_until = now + retention if retention else None
    await retentions.save_objects(tx, [pack.object for pack in named], fixed_until=fixed_until, now=now)
    await retentions.save_puts(tx, [pack.put for pack in packs if pack not in named])


async def choose_retention(
    tx: Tx, tenant: TenantId, years: int, *, actor: str, request_id: str, now: datetime
) -> None:
    """For what is archived from now on; what is there already is kept longer, never shorter."""
    await retentions.save_choice(
        tx, tenant, new_id(), years=years, actor=actor, request_id=request_id, now=now
    )


async def record_download(
    tx: Tx, key: DocumentKey, *, actor: str, via: str, request_id: str, now: datetime
) -> None:
    """Keep who fetched which version; `via` is credential or link."""
    await outcome.insert_download(
        tx, key, download_id=new_id(), actor=actor, via=via, request_id=request_id, now=now
    )


async def record_part(
    tx: Tx, key: DocumentKey, *, actor: str, via: str, request_id: str, now: datetime
) -> None:
    """Who fetches a version piece by piece downloads it once: pieces until DOWNLOAD after the first belong to it."""
    if not await outcome.has_downloaded(tx, key, actor=actor, via=via, since=now - DOWNLOAD):
        await outcome.insert_download(
            tx, key, download_id=new_id(), actor=actor, via=via, request_id=request_id, now=now
        )
