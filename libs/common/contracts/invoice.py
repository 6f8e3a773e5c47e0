"""Events of invoice. The document travels whole, so that render, notify and support never call back.

Amounts, prices, quantities and rates are decimal strings as in the public API.
"""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from libs.common.contracts.base import Contract, Instant


class PartyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Seller or buyer as printed; empty strings where nothing was given."""

    name: str
    tax_id: str
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    email: str = ""
    mobile: str = ""
    is_individual: bool = False


class LineDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One printed line; `unit_price` and `amount` exclude tax; `nature` is normal, discounted or discount."""

    line_no: int
    nature: str
    name: str
    specification: str
    unit: str
    tax_class_code: str
    policy: str | None
    quantity: str | None
    unit_price: str | None
    amount: str
    tax_rate: str
    tax: str
    amount_with_tax: str
    printed_rate: str
    printed_tax: str
    zero_rate: str | None = None
    deduction: str | None = None
    blue_line_no: int | None = None


class TotalsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Plain sums of the lines, and the total with tax in capital words."""

    amount: str
    tax: str
    amount_with_tax: str
    amount_with_tax_words: str


class DeliverDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to send the document: `channels` in order, `to` maps a channel to its address."""

    channels: tuple[str, ...] = ()
    to: dict[str, str] = {}


class RedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a red invoice takes back and by which confirmation form; the face names both numbers."""

    blue_id: UUID
    blue_number: str
    form_id: UUID
    confirmation_number: str
    reason: str


class InvoiceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with all that is printed on it."""

    id: UUID
    kind: str
    number: str | None
    code: str | None
    issue_date: date | None
    issued_at: Instant | None
    taxpayer_id: UUID
    seller: PartyDocument
    buyer: PartyDocument
    lines: tuple[LineDocument, ...]
    totals: TotalsDocument
    qr_text: str | None
    remarks: str
    drawer: str
    reference: str
    special_business: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()
    deliver: DeliverDocument = DeliverDocument()
    rule_pack: str | None = None
    """The rules it was judged by: the first day of the pack; None where that was not kept."""
    red: RedDocument | None = None
    """Only on a red invoice, whose quantities and sums are negative."""
    replaces: UUID | None = None
    """The wholly reversed invoice in whose place this one was issued."""


class InvoiceAccepted(Contract, frozen=True):
    """Waits for the authority to issue it (channel assigned_on_issue): no number yet. By issue_invoice."""

    TYPE: ClassVar = "invoice.accepted.v1"
    number: str | None
    reference: str
    expected_final_by: Instant
    actor: str
    invoice: InvoiceDocument


class InvoiceIssued(Contract, frozen=True):
    """The invoice exists in law with its number and date; consumers may render and deliver it.

    By issue_invoice (local_blocks) or when the authority has assigned the number (assigned_on_issue).
    """

    TYPE: ClassVar = "invoice.issued.v1"
    number: str
    reference: str
    channel: str
    authority_state: str
    expected_final_by: Instant
    actor: str
    """Who asked for it: `user:…`, `api_key:…` or `authority`."""
    invoice: InvoiceDocument


class InvoiceDuplicateAllowed(Contract, frozen=True):
    """Somebody issued an invoice knowing that one of the same day says the same. By issue_invoice, after the issue."""

    TYPE: ClassVar = "invoice.duplicate_allowed.v1"
    number: str | None
    reference: str
    earlier_id: UUID
    earlier_number: str | None
    actor: str
    """Who overrode the guard: `user:…` or `api_key:…`."""


class InvoiceConfirmed(Contract, frozen=True):
    """The authority holds the invoice: its state is final."""

    TYPE: ClassVar = "invoice.confirmed.v1"
    number: str
    reference: str
    confirmed_at: Instant


class InvoiceRejected(Contract, frozen=True):
    """The authority refused for good.

    `status` is rejected (never issued) or issued (the upload was refused and somebody must act).
    """

    TYPE: ClassVar = "invoice.rejected.v1"
    number: str | None
    reference: str
    status: str
    reason_code: str
    reason: str
    reason_zh: str


class InvoiceAuthorityDelayed(Contract, frozen=True):
    """The authority has not answered as it should. `authority_state` is outcome_unknown or waiting_operator."""

    TYPE: ClassVar = "invoice.authority_delayed.v1"
    number: str | None
    reference: str
    authority_state: str
    attempts: int
    last_error: str


class InvoiceOverdue(Contract, frozen=True):
    """The promise `expected_final_by` passed without a final word of the authority."""

    TYPE: ClassVar = "invoice.overdue.v1"
    number: str | None
    reference: str
    authority_state: str
    expected_final_by: Instant
    attempts: int


class InvoiceConnectorChanged(Contract, frozen=True):
    """The connection of a taxpayer with the authority closed or opened again; the subject is the taxpayer.

    `state` is login_needed, down or ok. While it is closed everything waits and resumes by itself.
    """

    TYPE: ClassVar = "invoice.connector_changed.v1"
    seller_name: str
    seller_tax_id: str
    state: str
    previous_state: str
    last_error: str | None
    since: Instant


class InvoiceResubmitted(Contract, frozen=True):
    """A refused upload of an issued invoice goes to the authority again, the same number under a new serial.

    By resubmit_invoice.
    """

    TYPE: ClassVar = "invoice.resubmitted.v1"
    number: str
    reference: str
    reason: str
    expected_final_by: Instant
    actor: str
    """`user:…` or `api_key:…`."""


class InvoiceTagged(Contract, frozen=True):
    """Somebody changed the tags. By tag_invoices and set_tags, one event an invoice."""

    TYPE: ClassVar = "invoice.tagged.v1"
    number: str | None
    reference: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    tags: tuple[str, ...]
    """All that the invoice has now."""
    actor: str
    """`user:…` or `api_key:…`."""


class InvoiceNoted(Contract, frozen=True):
    """Somebody wrote a note on the invoice; it is not printed. By note_invoice."""

    TYPE: ClassVar = "invoice.noted.v1"
    number: str | None
    reference: str
    text: str
    actor: str
    """The author: `user:…` or `api_key:…`."""


class InvoiceJobProgressed(Contract, frozen=True):
    """How far a bulk job is; the subject is the job. By work_off_rows when it begins, every few seconds, at its end.

    `status` is queued, running, paused, finished, cancelled or failed; `total` is None until the table is read.
    """

    TYPE: ClassVar = "invoice.job_progressed.v1"
    status: str
    total: int | None
    succeeded: int
    failed: int
    expected_finish_at: Instant | None
    actor: str
    """Who sent the job: `user:…` or `api_key:…`."""


CONTRACTS = (
    InvoiceAccepted,
    InvoiceIssued,
    InvoiceConfirmed,
    InvoiceRejected,
    InvoiceAuthorityDelayed,
    InvoiceOverdue,
    InvoiceConnectorChanged,
    InvoiceResubmitted,
    InvoiceDuplicateAllowed,
    InvoiceTagged,
    InvoiceNoted,
    InvoiceJobProgressed,
)
