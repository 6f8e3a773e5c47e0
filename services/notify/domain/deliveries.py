"""Deliveries of invoices to contacts, and the facts and documents they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from libs.common.addresses import is_email
from libs.common.ids import TenantId

# After the n-th failed attempt; a day and a few hours in all, then the delivery has failed.
_DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=6),
    timedelta(hours=12),
)


# The buyer reads the PDF and books the OFD or the XML.
MAILED_FORMATS = ("pdf", "ofd", "xml")
# Of all documents in one mail.
MOST_BYTES = 10 * 1024 * 1024


class DeliveryState(StrEnum):
    """`waiting` for the documents, `pending` to be sent, then one of the last two."""

    WAITING = "waiting"
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What a mail says of an issued invoice; `email` is the buyer's stored contact, empty if there is none.

    `code` stands beside a number of 8 digits, else it is empty.
    """

    tenant: TenantId
    id: UUID
    number: str
    reference: str
    seller_name: str
    buyer_name: str
    amount_with_tax: Decimal
    issued_at: datetime
    email: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The newest version of one format, and where its bytes lie."""

    format: str
    version: int
    sha256: str
    bucket: str
    key: str
    version_id: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class ReadyDocuments:
    """Documents of an invoice that became ready together."""

    tenant: TenantId
    invoice_id: UUID
    documents: tuple[Document, ...]


class Lack(NamedTuple):
    """A document that cannot be made until somebody has put right what it lacks."""

    tenant: TenantId
    invoice_id: UUID
    format: str
    reason: str


class Attachments(NamedTuple):
    """What a mail carries, and what of that which was to be sent is too large for it."""

    documents: tuple[Document, ...]
    left_out: tuple[Document, ...]


def choose_attachments(documents: Sequence[Document], most_bytes: int) -> Attachments:
    """In the order in which they are wanted: what people read before what programs do."""
    chosen, left_out, size = [], [], 0
    for document in sorted(documents, key=lambda one: MAILED_FORMATS.index(one.format)):
        if size + document.length <= most_bytes:
            chosen.append(document)
            size += document.length
        else:
            left_out.append(document)
    return Attachments(tuple(chosen), tuple(left_out))


class About(StrEnum):
    """What a mail says: here is the invoice, or that it was voided."""

    INVOICE = "invoice"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class VoidedInvoice:
    """The authority has voided it."""

    tenant: TenantId
    id: UUID
    voided_at: datetime
    correlation_id: str
    traceparent: str


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery about to be stored. `requested_by` is an actor, or `invoice` for what the invoice itself asks.

    `formats`: what to send; None: all that fits, as soon as the PDF is there.
    """

    tenant: TenantId
    id: UUID
    invoice_id: UUID
    channel: str
    recipient: str
    requested_by: str
    correlation_id: str
    traceparent: str
    about: About = About.INVOICE
    formats: tuple[str, ...] | None = None

    @property
    def refusal(self) -> str | None:
        """Why it cannot be sent at all, if so."""
        if not self.recipient:
            return "no address is known"
        return None if is_email(self.recipient) else "not an e-mail address"


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose turn it is, with all that sending needs. `attempt` counts this one too, from 1.

    `documents` are those that are there of what is to be sent.
    """

    tenant: TenantId
    id: UUID
    channel: str
    recipient: str
    attempt: int
    correlation_id: str
    traceparent: str
    invoice: InvoiceFacts
    requested_by: str
    documents: tuple[Document, ...]
    about: About = About.INVOICE
    is_voided: bool = False

    @property
    def mailed(self) -> tuple[Document, ...]:
        """What goes with the mail, if it fits."""
        return self.documents if self.about is About.INVOICE else ()

    @property
    def is_pointless(self) -> bool:
        """Whether it would bring an invoice that is voided."""
        return self.is_voided and self.about is About.INVOICE

    def as_voided(self, voided_at: datetime) -> VoidedInvoice:
        """Its invoice, which was voided while the mail was on its way."""
        return VoidedInvoice(self.tenant, self.invoice.id, voided_at, self.correlation_id, self.traceparent)

    @property
    def is_exhausted(self) -> bool:
        """Whether attempts have ended without a recorded outcome, because each of them took the process down."""
        return self.attempt > len(_DELAYS) + 1


def retry_delay(attempt: int) -> timedelta | None:
    """How long to wait after that many failed attempts; None: give up."""
    return _DELAYS[attempt - 1] if attempt <= len(_DELAYS) else None
