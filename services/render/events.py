"""Builds the events of render from stored and failed documents."""

from libs.common.contracts.render import DocumentFailed, DocumentReady, StoredObject
from libs.common.outbox import NewEvent
from services.render.domain import Failure, PendingDocument, StoredDocument


def document_ready(stored: StoredDocument) -> NewEvent:
    document = stored.part.document
    place = StoredObject(
        bucket=stored.bucket,
        key=stored.object_key,
        version_id=stored.object_version_id,
        offset=stored.part.offset,
        length=stored.part.length,
    )
    payload = DocumentReady(
        number=document.number,
        reference=document.reference,
        format=document.key.format,
        version=document.key.version,
        sha256=stored.part.sha256,
        size=stored.part.length,
        object=place,
    )
    return NewEvent(document.key.tenant, document.key.invoice, payload, document.correlation)


def document_failed(document: PendingDocument, failure: Failure) -> NewEvent:
    payload = DocumentFailed(
        number=document.number,
        reference=document.reference,
        format=document.key.format,
        reason=failure.reason,
        reason_zh=failure.reason_zh,
    )
    return NewEvent(document.key.tenant, document.key.invoice, payload, document.correlation)
