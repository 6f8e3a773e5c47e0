"""Events of invoice. The document travels whole, so that render, notify and support never call back.

Amounts, prices, quantities and rates are decimal strings as in the public API.
"""

from typing import ClassVar
from uuid import UUID

from libs.common.contracts.base import Contract, Instant
from libs.common.contracts.invoice_document import InvoiceDocument


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
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceDuplicateAllowed(Contract, frozen=True):
    """Somebody issued an invoice knowing that one of the same day says the same. By issue_invoice, after the issue."""

    TYPE: ClassVar = "invoice.duplicate_allowed.v1"
    number: str | None
    reference: str
    earlier_id: UUID
    earlier_number: str | None
    actor: str
    """Who overrode the guard: `user:…` or `api_key:…`."""
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceConfirmed(Contract, frozen=True):
    """The authority holds the invoice: its state is final."""

    TYPE: ClassVar = "invoice.confirmed.v1"
    number: str
    reference: str
    confirmed_at: Instant
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceRejected(Contract, frozen=True):
    """The authority refused for good.

    `status` is rejected (it is none, and one that has a number was issued for nothing: the authority itself had issued
    the red invoice of the same form) or issued (the upload was refused and somebody must act).
    """

    TYPE: ClassVar = "invoice.rejected.v1"
    number: str | None
    reference: str
    status: str
    reason_code: str
    reason: str
    reason_zh: str
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceAuthorityDelayed(Contract, frozen=True):
    """The authority has not answered as it should, or wants something first; the invoice waits and goes on by itself.

    `authority_state` is outcome_unknown or waiting_operator.
    """

    TYPE: ClassVar = "invoice.authority_delayed.v1"
    number: str | None
    reference: str
    authority_state: str
    attempts: int
    last_error: str
    last_error_zh: str = ""
    reason_code: str = ""
    """The authority's, such as quota-exceeded; no-answer and login-needed are ours."""
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceOverdue(Contract, frozen=True):
    """The promise `expected_final_by` passed without a final word of the authority."""

    TYPE: ClassVar = "invoice.overdue.v1"
    number: str | None
    reference: str
    authority_state: str
    expected_final_by: Instant
    attempts: int
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


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
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


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
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


class InvoiceNoted(Contract, frozen=True):
    """Somebody wrote a note on the invoice; it is not printed. By note_invoice."""

    TYPE: ClassVar = "invoice.noted.v1"
    number: str | None
    reference: str
    text: str
    actor: str
    """The author: `user:…` or `api_key:…`."""
    code: str | None = None
    """The 发票代码 beside a number of 8 digits."""


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
    waits_for: str | None = None
    """Of a job that paused by itself and will go on by itself: the code of the problem that is in its way."""


class InvoiceExportFinished(Contract, frozen=True):
    """An archive is where it was to go; the subject is the export. By end_export.

    `missing` documents are named in its manifest with the reason. Without a schedule somebody asked for it.
    """

    TYPE: ClassVar = "invoice.export_finished.v1"
    total: int
    missing: int
    size: int
    sha256: str
    target: str
    """platform, s3 or webdav."""
    first_day: str | None
    last_day: str | None
    """The period in Asia/Shanghai, both days included; None where it is of a filter."""
    schedule_id: UUID | None
    expires_at: Instant
    """Until then the platform keeps a copy."""
    actor: str
    """Who asked for the export or keeps its schedule: `user:…` or `api_key:…`."""


class InvoiceExportFailed(Contract, frozen=True):
    """An archive could not be made or sent, and nobody tries any more; the subject is the export. By end_export."""

    TYPE: ClassVar = "invoice.export_failed.v1"
    reason_code: str
    reason: str
    reason_zh: str
    target: str
    first_day: str | None
    last_day: str | None
    schedule_id: UUID | None
    actor: str


class InvoiceExportCheckFailed(Contract, frozen=True):
    """A kept archive is not what was stored: make it anew. The subject is the export. By end_export_check."""

    TYPE: ClassVar = "invoice.export_check_failed.v1"
    check_id: UUID
    findings: tuple[str, ...]
    """Their codes: archive-missing, archive-differs, document-differs, …"""
    schedule_id: UUID | None
    actor: str


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
    InvoiceExportFinished,
    InvoiceExportFailed,
    InvoiceExportCheckFailed,
)
