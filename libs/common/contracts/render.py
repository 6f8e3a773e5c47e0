"""Events of render: what became of the documents of an invoice. Subject: the invoice's id."""

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


class DocumentReady(Contract, frozen=True):
    """The document is stored under object lock and its hash is recorded; it may be sent and downloaded."""

    TYPE: ClassVar = "render.document_ready.v1"
    number: str
    reference: str
    format: str
    version: int
    sha256: str
    size: int
    object: StoredObject


class DocumentFailed(Contract, frozen=True):
    """The document cannot be drawn (for instance a missing glyph); the invoice itself stands."""

    TYPE: ClassVar = "render.document_failed.v1"
    number: str
    reference: str
    format: str
    reason: str
    reason_zh: str


CONTRACTS = (DocumentReady, DocumentFailed)
