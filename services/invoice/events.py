"""Builds the published payloads from domain values."""

from datetime import datetime
from typing import Any

import msgspec

from libs.common.contracts.invoice import (
    InvoiceAccepted,
    InvoiceAuthorityDelayed,
    InvoiceConfirmed,
    InvoiceConnectorChanged,
    InvoiceDuplicateAllowed,
    InvoiceIssued,
    InvoiceJobProgressed,
    InvoiceNoted,
    InvoiceOverdue,
    InvoiceRejected,
    InvoiceResubmitted,
    InvoiceTagged,
)
from libs.common.contracts.invoice_document import InvoiceDocument
from services.invoice.domain.connector import Connector
from services.invoice.domain.duplicates import Twin
from services.invoice.domain.encoding import encode
from services.invoice.domain.invoice import Invoice
from services.invoice.domain.job import Job
from services.invoice.domain.marks import Marked
from services.invoice.domain.parties import Seller
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.store.overdue import LateInvoice

_DOCUMENTS = msgspec.json.Decoder(InvoiceDocument)


def build_document(stored: StoredInvoice) -> InvoiceDocument:
    """The invoice as printed, in the contract's strings."""
    invoice = stored.invoice
    fields: dict[str, Any] = {
        "id": invoice.id,
        "kind": invoice.kind,
        "number": invoice.number,
        "code": invoice.code,
        "issue_date": invoice.issue_date,
        "issued_at": invoice.issued_at,
        "taxpayer_id": stored.taxpayer_id,
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "lines": invoice.lines,
        "totals": invoice.totals,
        "qr_text": invoice.qr_text,
        "remarks": invoice.remarks,
        "drawer": invoice.drawer,
        "check_code": invoice.check_code,
        "payee": invoice.payee,
        "reviewer": invoice.reviewer,
        "print": invoice.print,
        "reference": invoice.reference or "",
        "special_business": invoice.special_business,
        "tags": invoice.tags,
        "deliver": _deliver(stored),
        "rule_pack": invoice.rule_pack,
        "red": invoice.red,
        "replaces": invoice.replaces,
    }
    return _DOCUMENTS.decode(encode(fields))


def _deliver(stored: StoredInvoice) -> dict[str, Any]:
    if stored.deliver is None:
        return {}
    email = stored.deliver.to.email or stored.invoice.buyer.email
    return {"channels": stored.deliver.channels, "to": {"email": email} if email else {}}


def invoice_accepted(stored: StoredInvoice) -> InvoiceAccepted:
    invoice = stored.invoice
    return InvoiceAccepted(
        number=None,
        reference=invoice.reference or "",
        expected_final_by=invoice.expected_final_by or stored.created_at,
        actor=stored.actor,
        invoice=build_document(stored),
    )


def invoice_issued(stored: StoredInvoice) -> InvoiceIssued:
    invoice = stored.invoice
    return InvoiceIssued(
        number=number_of(invoice),
        reference=invoice.reference or "",
        channel=invoice.authority.channel,
        authority_state=invoice.authority.state,
        expected_final_by=invoice.expected_final_by or stored.created_at,
        actor=stored.actor,
        invoice=build_document(stored),
        code=invoice.code,
    )


def invoice_duplicate_allowed(stored: StoredInvoice, earlier: Twin) -> InvoiceDuplicateAllowed:
    invoice = stored.invoice
    return InvoiceDuplicateAllowed(
        number=invoice.number,
        reference=invoice.reference or "",
        earlier_id=earlier.id,
        earlier_number=earlier.number,
        actor=stored.actor,
        code=invoice.code,
    )


def invoice_confirmed(invoice: Invoice) -> InvoiceConfirmed:
    return InvoiceConfirmed(
        number=number_of(invoice),
        reference=invoice.reference or "",
        confirmed_at=invoice.authority.updated_at,
        code=invoice.code,
    )


def invoice_rejected(invoice: Invoice) -> InvoiceRejected:
    error = invoice.authority.last_error
    return InvoiceRejected(
        number=invoice.number,
        reference=invoice.reference or "",
        status=invoice.status,
        reason_code=error.code if error else "unknown",
        reason=error.detail if error else "",
        reason_zh=error.detail_zh if error else "",
        code=invoice.code,
    )


def invoice_authority_delayed(invoice: Invoice, attempts: int) -> InvoiceAuthorityDelayed:
    error = invoice.authority.last_error
    return InvoiceAuthorityDelayed(
        number=invoice.number,
        reference=invoice.reference or "",
        authority_state=invoice.authority.state,
        attempts=attempts,
        last_error=error.detail if error else "",
        last_error_zh=error.detail_zh if error else "",
        reason_code=error.code if error else "",
        code=invoice.code,
    )


def invoice_resubmitted(invoice: Invoice, reason: str, actor: str) -> InvoiceResubmitted:
    return InvoiceResubmitted(
        number=number_of(invoice),
        reference=invoice.reference or "",
        reason=reason,
        expected_final_by=invoice.expected_final_by or invoice.authority.updated_at,
        actor=actor,
        code=invoice.code,
    )


def invoice_overdue(late: LateInvoice) -> InvoiceOverdue:
    return InvoiceOverdue(
        number=late.number,
        reference=late.reference or "",
        authority_state=late.authority_state,
        expected_final_by=late.expected_final_by,
        attempts=late.attempts,
        code=late.code,
    )


def connector_changed(seller: Seller, before: Connector, after: Connector) -> InvoiceConnectorChanged:
    return InvoiceConnectorChanged(
        seller_name=seller.name,
        seller_tax_id=seller.tax_id,
        state=after.state,
        previous_state=before.state,
        last_error=after.last_error,
        since=after.since,
    )


def invoice_tagged(old: Marked, new: Marked, actor: str) -> InvoiceTagged:
    return InvoiceTagged(
        number=new.number,
        reference=new.reference or "",
        added=tuple(tag for tag in new.tags if tag not in old.tags),
        removed=tuple(tag for tag in old.tags if tag not in new.tags),
        tags=new.tags,
        actor=actor,
        code=new.code,
    )


def invoice_noted(marked: Marked) -> InvoiceNoted:
    """Of its last note."""
    note = marked.notes[-1]
    return InvoiceNoted(
        number=marked.number,
        reference=marked.reference or "",
        text=note.text,
        actor=note.author,
        code=marked.code,
    )


def job_progressed(
    job: Job, expected_finish_at: datetime | None, *, waits_for: str | None = None
) -> InvoiceJobProgressed:
    return InvoiceJobProgressed(
        status=job.status,
        total=job.total,
        succeeded=job.succeeded,
        failed=job.failed,
        expected_finish_at=expected_finish_at,
        actor=job.actor,
        waits_for=waits_for,
    )


def number_of(invoice: Invoice) -> str:
    if invoice.number is None:
        raise ValueError("an issued invoice has a number")
    return invoice.number
