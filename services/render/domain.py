"""Documents as values: what is to be drawn, what became of it, and how drawn bytes are packed into objects."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from libs.common.clock import SHANGHAI
from libs.common.context import Correlation
from libs.common.ids import InvoiceId, TenantId
from services.render.retention.terms import term_start

# What every invoice gets, in the order in which it is drawn: the others carry the XML inside.
FORMATS = ("xml", "pdf", "ofd")
# With those that are drawn when somebody first asks for them.
ALL_FORMATS = (*FORMATS, "json", "ubl")
MEDIA_TYPES = {
    "xml": "application/xml",
    "pdf": "application/pdf",
    "ofd": "application/ofd",
    "json": "application/json",
    "ubl": "application/xml",
}
# As in names of files.
SUFFIXES = {"ubl": "ubl.xml"}
PACK_MEDIA_TYPE = "application/octet-stream"

# Leases that may run out before a document is suspected of ending its worker, and before it is given up.
TRUSTED_ATTEMPTS, MOST_ATTEMPTS = 2, 8

# An event is seldom later than this; an unknown invoice whose id is older does not exist.
RECENT = timedelta(minutes=10)


class DocumentKey(NamedTuple):
    """Names one version of one carrier of one invoice."""

    tenant: TenantId
    invoice: InvoiceId
    format: str
    version: int


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An invoice whose documents are wanted; `body` is the published document as JSON."""

    tenant: TenantId
    id: InvoiceId
    code: str | None
    number: str
    reference: str
    seller_name: str
    issued_at: datetime
    body: bytes
    correlation: Correlation


@dataclass(frozen=True, slots=True)
class PendingDocument:
    """A claimed document with all that is needed to draw, store and announce it.

    `mark` stands across its pages; `reason` is why somebody wanted it drawn again; `attempts` counts this claim and
    those of which the process has ended.
    """

    key: DocumentKey
    number: str
    reference: str
    issued_at: datetime
    correlation: Correlation
    body: bytes
    created_at: datetime
    mark: str | None = None
    reason: str | None = None
    attempts: int = 1

    @property
    def rank(self) -> tuple[TenantId, InvoiceId, str, int, int]:
        """By invoice and mark, then by version, formats in the order of drawing."""
        key = self.key
        return key.tenant, key.invoice, self.mark or "", key.version, ALL_FORMATS.index(key.format)


class Redraw(NamedTuple):
    """Why a document is to be drawn again, and who wants it."""

    reason: str
    actor: str


class Failure(NamedTuple):
    """Why a document can never be drawn from this invoice, for the tenant to read."""

    reason: str
    reason_zh: str
    is_alarming: bool = True


class DrawnDocument(NamedTuple):
    """A document and its bytes."""

    document: PendingDocument
    content: bytes


class Part(NamedTuple):
    """Where a document lies in its pack."""

    document: PendingDocument
    sha256: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Documents of one tenant and month that become one object. The key follows from the content."""

    key: str
    content: bytes
    media_type: str
    parts: tuple[Part, ...]

    @property
    def tenant(self) -> TenantId:
        return self.parts[0].document.key.tenant


class StoredDocument(NamedTuple):
    """A document of which the archive holds a locked copy."""

    part: Part
    bucket: str
    object_key: str
    object_version_id: str


class Put(NamedTuple):
    """An object on its way into the archive. Its lock is short until documents refer to it."""

    tenant: TenantId
    id: UUID
    bucket: str
    key: str
    locked_until: datetime


class StoredObject(NamedTuple):
    """An object that documents refer to; `term_starts_at` is when the years of its keeping begin."""

    tenant: TenantId
    key: str
    version_id: str
    bucket: str
    locked_until: datetime
    term_starts_at: datetime


class ShortLocked(NamedTuple):
    """An object whose lock ends before it may."""

    tenant: TenantId
    key: str
    version_id: str
    bucket: str
    retain_until: datetime


class RetentionChoice(NamedTuple):
    """The years that a tenant has chosen."""

    tenant: TenantId
    id: UUID
    years: int


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A pack of which the archive holds a copy under a short lock."""

    pack: Pack
    put: Put
    version_id: str

    @property
    def documents(self) -> list[StoredDocument]:
        return [
            StoredDocument(part, self.put.bucket, self.put.key, self.version_id) for part in self.pack.parts
        ]

    @property
    def object(self) -> StoredObject:
        """Packs are of one month, so any of its documents tells the year."""
        put, starts_at = self.put, term_start(self.pack.parts[0].document.issued_at)
        return StoredObject(put.tenant, put.key, self.version_id, put.bucket, put.locked_until, starts_at)


def build_packs(drawn: Iterable[DrawnDocument]) -> list[Pack]:
    """One pack per tenant and month of issue; a document that is alone becomes a plain file of its format."""
    ordered = sorted(drawn, key=lambda one: (_folder(one.document), one.document.key))
    return [
        _pack(folder, list(group)) for folder, group in groupby(ordered, lambda one: _folder(one.document))
    ]


def _folder(document: PendingDocument) -> str:
    return f"{document.key.tenant}/{document.issued_at.astimezone(SHANGHAI):%Y/%m}"


def _pack(folder: str, drawn: Sequence[DrawnDocument]) -> Pack:
    content = b"".join(one.content for one in drawn)
    offsets = accumulate((len(one.content) for one in drawn), initial=0)
    parts = tuple(
        Part(one.document, hashlib.sha256(one.content).hexdigest(), offset, len(one.content))
        for one, offset in zip(drawn, offsets, strict=False)
    )
    name = parts[0].document.key.format if len(parts) == 1 else "pack"
    key = f"{folder}/{hashlib.sha256(content).hexdigest()}.{name}"
    return Pack(key, content, MEDIA_TYPES.get(name, PACK_MEDIA_TYPE), parts)


def split_rounds(documents: Iterable[PendingDocument]) -> list[list[PendingDocument]]:
    """All together, but each invoice alone of which the documents may have ended a process: it must harm no other.

    Those come last, in another order each time, so that what stands behind the guilty one gets its turn.
    """
    ordered = sorted(documents, key=lambda one: one.rank)
    invoices = [list(group) for _, group in groupby(ordered, lambda one: one.key[:2])]
    suspects = [group for group in invoices if max(one.attempts for one in group) > TRUSTED_ATTEMPTS]
    trusted = [one for group in invoices if group not in suspects for one in group]
    suspects.sort(key=lambda group: crc32(f"{group[0].key.invoice} {group[0].attempts}".encode()))
    return [*([trusted] if trusted else []), *suspects]


def group_by_invoice(stored: Iterable[StoredDocument]) -> list[list[StoredDocument]]:
    """Those of one invoice together, in the order of drawing."""
    ordered = sorted(stored, key=lambda one: one.part.document.rank)
    return [list(group) for _, group in groupby(ordered, lambda one: one.part.document.key[:2])]


def is_recent(invoice_id: UUID, now: datetime) -> bool:
    """Whether the time inside the id (UUIDv7) is so near that the invoice's event may still be on its way."""
    if invoice_id.version != 7:
        return False
    return abs(now.timestamp() * 1000 - (invoice_id.int >> 80)) <= RECENT.total_seconds() * 1000
