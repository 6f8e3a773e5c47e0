"""Builds the events of render from stored and failed documents."""

from collections.abc import Sequence

from libs.common.context import new_correlation
from libs.common.contracts.render import (
    DaySealed,
    DocumentFailed,
    DocumentsReady,
    ReadyDocument,
    Seal,
    StoredObject,
)
from libs.common.outbox import NewEvent
from services.render.domain import Failure, PendingDocument, StoredDocument
from services.render.seal import DAY_ROOT_TYPE, build_seal
from services.render.store.day_root import DayRoot


def documents_ready(stored: Sequence[StoredDocument], seal: Seal) -> NewEvent:
    """They are of one invoice."""
    first = stored[0].part.document
    payload = DocumentsReady(
        number=first.number,
        reference=first.reference,
        documents=tuple(_ready_document(one) for one in stored),
        seal=seal,
    )
    return NewEvent(first.key.tenant, first.key.invoice, payload, first.correlation)


def _ready_document(stored: StoredDocument) -> ReadyDocument:
    key, part = stored.part.document.key, stored.part
    place = StoredObject(
        bucket=stored.bucket,
        key=stored.object_key,
        version_id=stored.object_version_id,
        offset=part.offset,
        length=part.length,
    )
    return ReadyDocument(
        format=key.format,
        version=key.version,
        sha256=part.sha256,
        size=part.length,
        object=place,
        reason=part.document.reason,
    )


def document_failed(document: PendingDocument, failure: Failure) -> NewEvent:
    payload = DocumentFailed(
        number=document.number,
        reference=document.reference,
        format=document.key.format,
        reason=failure.reason,
        reason_zh=failure.reason_zh,
    )
    return NewEvent(document.key.tenant, document.key.invoice, payload, document.correlation)


def day_sealed(root: DayRoot) -> NewEvent:
    payload = DaySealed(
        day=root.day,
        documents=root.documents,
        root=root.root.hex(),
        previous=None if root.previous is None else root.previous.hex(),
        seal=build_seal(DAY_ROOT_TYPE, root.payload, root.key_id, root.signature),
    )
    return NewEvent(root.tenant, root.tenant, payload, new_correlation())
