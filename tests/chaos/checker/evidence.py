"""What was found after a run, as plain values; the rules judge nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# What every invoice has, in the order of a mail, and how such a file begins.
FORMATS = {"pdf": b"%PDF-", "ofd": b"PK\x03\x04", "xml": b"<?xml"}
# A bad day of the bureau may close a taxpayer's connection: an event about the taxpayer, not about an invoice.
ABOUT_TAXPAYERS = "invoice.connector_changed.v1"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One attempt's end: `ok` (2xx), `fail` (a definite 4xx) or `info` (nobody knows)."""

    kind: str
    status: int = 0
    code: str = ""
    invoice_id: str = ""
    number: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one client wanted, under one key. `purpose`: issue, refuse (unsound on purpose) or rehearse (dry run)."""

    name: str
    tenant: str
    purpose: str
    has_contact: bool = False
    answers: Sequence[Answer] = ()

    @property
    def acknowledged(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind == "ok"]

    @property
    def refused(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind == "fail"]


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault as it happened; times are seconds since the epoch, `came_back_after` None: it never did."""

    kind: str
    target: str
    began_at: float
    ended_at: float
    came_back_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """A row of the write model. `operation` is the tag its client gave it; `events`: sequences given out."""

    id: str
    tenant: str
    operation: str
    number: str | None
    status: str
    channel: str
    authority_state: str
    amount: Decimal
    tax: Decimal
    amount_with_tax: Decimal


@dataclass(frozen=True, kw_only=True)
class Block:
    """Numbers given to a tenant; `next` is the first one not used yet."""

    tenant: str
    first: int
    last: int
    next: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of a topic, in the order of its partition."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    tenant: str
    subject: str
    sequence: int
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document as recorded, and what its slice of the archive holds; `problem` if it could not be read."""

    invoice_id: str
    format: str
    state: str
    sha256: str
    found_sha256: str = ""
    found_start: bytes = b""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class View:
    """A row of the list."""

    id: str
    number: str | None
    status: str
    authority_state: str
    amount: Decimal
    tax: Decimal
    amount_with_tax: Decimal
    documents: Mapping[str, str]
    """SHA-256 of those that are ready, by format."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What support knows of an invoice."""

    invoice_id: str
    number: str | None
    status: str | None
    authority_state: str | None
    total: Decimal | None


@dataclass(frozen=True, kw_only=True)
class FeedEvent:
    """An event as the tenant's feed shows it, in the feed's order."""

    id: str
    source: str
    type: str
    subject: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message of the mailbox, received at `at` (seconds since the epoch)."""

    to: str
    message_id: str
    attachments: Sequence[str]
    """SHA-256 of each, in their order."""
    at: float


@dataclass(frozen=True, kw_only=True)
class Held:
    """An invoice as the tax bureau holds it."""

    tenant: str
    serial: str
    number: str | None
    status: str
    amount: Decimal
    amount_with_tax: Decimal


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A month's consumption: the platform's own books, and what the bureau says is used."""

    tenant: str
    used: Decimal
    reserved: Decimal
    used_at_bureau: Decimal


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything. Tenants are called A and B throughout; feeds by tenant, `last_sequences` by (topic, subject)."""

    operations: Sequence[Operation] = ()
    strikes: Sequence[Strike] = ()
    drained_after: float | None = 0.0
    invoices: Sequence[Invoice] = ()
    blocks: Sequence[Block] = ()
    blocks_at_bureau: Sequence[tuple[str, int, int]] = ()
    last_sequences: Mapping[tuple[str, str], int] = field(default_factory=dict)
    records: Sequence[Record] = ()
    documents: Sequence[Document] = ()
    views: Sequence[View] = ()
    facts: Sequence[Fact] = ()
    feeds: Mapping[str, Sequence[FeedEvent]] = field(default_factory=dict)
    inbox: Sequence[tuple[str, str]] = ()
    """(invoice id, kind) of each message."""
    mails: Sequence[Mail] = ()
    held: Sequence[Held] = ()
    quotas: Sequence[Quota] = ()
    leftovers: Mapping[str, int] = field(default_factory=dict)
    """What is still waiting, by name: `invoice outbox`, `notify dead letters`, `support behind invoice`."""

    @property
    def hashes(self) -> dict[str, dict[str, str]]:
        """Of the recorded documents, by invoice and format."""
        found: dict[str, dict[str, str]] = {}
        for document in self.documents:
            found.setdefault(document.invoice_id, {})[document.format] = document.sha256
        return found
