"""Events of render: what became of the documents of an invoice, whose id is the subject, and of a tenant's days."""

from datetime import date
from typing import ClassVar

import msgspec

from libs.common.contracts.base import Contract


class StoredObject(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes lie: a slice of one version of one object, for several documents may share it."""

    bucket: str
    key: str
    version_id: str
    offset: int
    length: int


class ReadyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one carrier; `reason` says why it was drawn again, where somebody asked for that."""

    format: str
    version: int
    sha256: str
    size: int
    object: StoredObject
    reason: str | None = None


class SealSignature(msgspec.Struct, frozen=True, kw_only=True):
    """`sig` is base64 over the pre-authentication encoding of the payload (DSSE)."""

    keyid: str
    sig: str


class Seal(msgspec.Struct, frozen=True, kw_only=True, rename={"payload_type": "payloadType"}):
    """A DSSE envelope around the manifest of the documents; further signatures may be added to it."""

    payload_type: str
    payload: str
    signatures: tuple[SealSignature, ...]


class DocumentsReady(Contract, frozen=True):
    """The documents that became ready together are stored under object lock; they may be sent and downloaded.

    `seal` covers them and all that were ready before.
    """

    TYPE: ClassVar = "render.documents_ready.v1"
    number: str
    reference: str
    documents: tuple[ReadyDocument, ...]
    seal: Seal | None = None


class DocumentFailed(Contract, frozen=True):
    """The document cannot be drawn (for instance a missing glyph); the invoice itself stands."""

    TYPE: ClassVar = "render.document_failed.v1"
    number: str
    reference: str
    format: str
    reason: str
    reason_zh: str


class DaySealed(Contract, frozen=True):
    """A day in Asia/Shanghai is closed: one Merkle root over all documents of the tenant that became ready on it.

    Subject: the tenant's id. `previous` is the SHA-256 of the payload that the seal of the root before this one holds.
    """

    TYPE: ClassVar = "render.day_sealed.v1"
    day: date
    documents: int
    root: str
    previous: str | None
    seal: Seal


CONTRACTS = (DocumentsReady, DocumentFailed, DaySealed)
