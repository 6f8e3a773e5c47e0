"""Bring what is known of documents up to date with a run of render's events of one type."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.db import Tx
from libs.common.events import Event
from services.invoice.domain.documents import Announcement, Outcome, Place
from services.invoice.store.document import save_failed, save_ready


async def show_ready_documents(tx: Tx, events: Sequence[Event[DocumentsReady]], _: datetime) -> None:
    """Documents that can be downloaded."""
    await save_ready(tx, [_ready(event) for event in events])


async def show_failed_documents(tx: Tx, events: Sequence[Event[DocumentFailed]], _: datetime) -> None:
    """Documents that never will be."""
    await save_failed(tx, [_failed(event) for event in events])


def _ready(event: Event[DocumentsReady]) -> Announcement:
    payload = event.payload
    documents = sorted(payload.documents, key=lambda one: one.version)
    return Announcement(
        tenant=event.envelope.tenant,
        invoice_id=event.envelope.subject,
        outcomes={one.format: Outcome("ready", one.version, one.sha256, one.size) for one in documents},
        places={
            one.format: Place(one.object.bucket, one.object.key, one.object.version_id, one.object.offset)
            for one in documents
        },
        seal=None if payload.seal is None else msgspec.Raw(msgspec.json.encode(payload.seal)),
    )


def _failed(event: Event[DocumentFailed]) -> Announcement:
    failed = Outcome("failed", reason=event.payload.reason)
    return Announcement(
        tenant=event.envelope.tenant,
        invoice_id=event.envelope.subject,
        outcomes={event.payload.format: failed},
    )
