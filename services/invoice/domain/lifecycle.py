"""Every step an invoice can take: total, pure transitions that return a new value or raise InvoiceStateConflict.

Each step counts `version` up by one. Times come in; nothing here reads a clock.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import replace

from libs.common.ids import InvoiceId
from services.invoice.domain.fingerprint import compute_fingerprint
from services.invoice.domain.invoice import (
    Authority,
    AuthorityError,
    AuthorityState,
    Invoice,
    NumberChannel,
    Reversal,
    Status,
)
from services.invoice.domain.kinds import CHECKED
from services.invoice.domain.numbering import Numbering, make_check_code
from services.invoice.domain.parties import Seller
from services.invoice.domain.pricing import PricedInvoice
from services.invoice.domain.qr import build_qr_text
from services.invoice.errors import InvoiceStateConflict

State = tuple[Status, AuthorityState]

_PENDING_AT_WORK = {
    (Status.PENDING, AuthorityState.SUBMITTED),
    (Status.PENDING, AuthorityState.OUTCOME_UNKNOWN),
    (Status.PENDING, AuthorityState.WAITING_OPERATOR),
}
_ISSUED_AT_WORK = {
    (Status.ISSUED, AuthorityState.SUBMITTED),
    (Status.ISSUED, AuthorityState.OUTCOME_UNKNOWN),
    (Status.ISSUED, AuthorityState.WAITING_OPERATOR),
}
_AT_WORK = _PENDING_AT_WORK | _ISSUED_AT_WORK
_FRESH = {
    (Status.PENDING, AuthorityState.NOT_SUBMITTED),
    (Status.ISSUED, AuthorityState.NOT_SUBMITTED),
}
_DRAFT = {(Status.DRAFT, AuthorityState.NOT_SUBMITTED)}
_REFUSED_UPLOAD = {(Status.ISSUED, AuthorityState.REFUSED)}


def draft_invoice(
    invoice_id: InvoiceId, seller: Seller, priced: PricedInvoice, *, channel: NumberChannel, now: datetime
) -> Invoice:
    """The priced invoice as a draft, version 0: what a dry run answers and every issue starts from."""
    command = priced.command
    return Invoice(
        id=invoice_id,
        kind=command.kind,
        status=Status.DRAFT,
        authority=Authority(channel, AuthorityState.NOT_SUBMITTED, now),
        status_updated_at=now,
        version=0,
        seller=seller,
        buyer=command.buyer,
        lines=priced.lines,
        totals=priced.totals,
        remarks=priced.remarks,
        drawer=command.drawer,
        payee=command.payee,
        reviewer=command.reviewer,
        print=command.print,
        reference=command.reference,
        special_business=command.special_business,
        tags=command.tags,
        fingerprint=compute_fingerprint(seller, priced),
        rule_pack=priced.rules_id,
    )


def accept(invoice: Invoice, *, expected_final_by: datetime, now: datetime) -> Invoice:
    """A draft becomes pending: the authority will give the number (channel assigned_on_issue)."""
    _require(invoice, "accept", _DRAFT)
    accepted = _step(invoice, now=now, status=Status.PENDING)
    return replace(accepted, expected_final_by=expected_final_by)


def issue(invoice: Invoice, numbering: Numbering, *, expected_final_by: datetime, now: datetime) -> Invoice:
    """A draft is issued with a number from a local block; the upload to the authority follows."""
    _require(invoice, "issue", _DRAFT)
    issued = _number(_step(invoice, now=now, status=Status.ISSUED), numbering, now)
    return replace(issued, expected_final_by=expected_final_by)


def submit(invoice: Invoice, *, now: datetime) -> Invoice:
    """Handed to the authority; again (under the same serial) after a query found nothing or after a correction."""
    _require(invoice, "submit", _FRESH | _AT_WORK | _REFUSED_UPLOAD)
    return _step(invoice, now=now, state=AuthorityState.SUBMITTED)


def mark_outcome_unknown(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority may or may not have it: query next, never submit under another serial."""
    _require(invoice, "mark_outcome_unknown", _AT_WORK)
    return _step(invoice, now=now, state=AuthorityState.OUTCOME_UNKNOWN, error=error)


def wait_for_operator(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority wants a person to sign in before it goes on."""
    _require(invoice, "wait_for_operator", _FRESH | _AT_WORK)
    return _step(invoice, now=now, state=AuthorityState.WAITING_OPERATOR, error=error)


def confirm(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority holds an invoice that was issued with a number of ours."""
    _require(invoice, "confirm", _ISSUED_AT_WORK)
    return _step(invoice, now=now, state=AuthorityState.CONFIRMED)


def assign_number(invoice: Invoice, numbering: Numbering, *, now: datetime) -> Invoice:
    """The authority accepted a pending invoice and gave it its number: issued and confirmed at once."""
    _require(invoice, "assign_number", _PENDING_AT_WORK)
    confirmed = _step(invoice, now=now, status=Status.ISSUED, state=AuthorityState.CONFIRMED)
    return _number(confirmed, numbering, now)


def refuse(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority's final no: a pending invoice is rejected; an issued one keeps its number for a correction."""
    _require(invoice, "refuse", _AT_WORK)
    status = Status.REJECTED if invoice.status is Status.PENDING else invoice.status
    return _step(invoice, now=now, status=status, state=AuthorityState.REFUSED, error=error)


def reject(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """A pending invoice is given up before the authority saw it."""
    _require(invoice, "reject", {(Status.PENDING, AuthorityState.NOT_SUBMITTED)})
    return _step(invoice, now=now, status=Status.REJECTED, error=error)


def void(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority has voided an invoice that it held; the number stays taken."""
    _require(invoice, "void", {(Status.ISSUED, AuthorityState.CONFIRMED)})
    return _step(invoice, now=now, status=Status.VOIDED)


def supersede(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority refused a red invoice, for it had issued one itself: ours is void, its number stays taken."""
    _require(invoice, "supersede", _REFUSED_UPLOAD)
    return _step(invoice, now=now, status=Status.VOIDED)


def reverse(invoice: Invoice, reversal: Reversal) -> Invoice:
    """A red invoice took some or all of an issued blue one back; what was taken never comes back."""
    _require(invoice, "reverse", {(Status.ISSUED, state) for state in AuthorityState})
    return replace(invoice, reversal=reversal, version=invoice.version + 1)


def _require(invoice: Invoice, transition: str, allowed: Collection[State]) -> None:
    status, state = invoice.status, invoice.authority.state
    if (status, state) in allowed:
        return
    raise InvoiceStateConflict(
        f"An invoice that is {status} and {state} at the authority cannot {transition.replace('_', ' ')}.",
        detail_zh=f"发票状态为 {status}、税局状态为 {state}，不允许该操作（{transition}）。",
        invoice_status=status,
        authority_state=state,
        transition=transition,
    )


def _step(
    invoice: Invoice,
    *,
    now: datetime,
    status: Status | None = None,
    state: AuthorityState | None = None,
    error: AuthorityError | None = None,
) -> Invoice:
    """The next version; an error of the authority stays until the next word from it."""
    status = status or invoice.status
    authority = invoice.authority
    if state is not None or error is not None:
        authority = Authority(authority.channel, state or authority.state, now, error)
    status_updated_at = now if status is not invoice.status else invoice.status_updated_at
    return replace(
        invoice,
        status=status,
        authority=authority,
        status_updated_at=status_updated_at,
        version=invoice.version + 1,
    )


def _number(invoice: Invoice, numbering: Numbering, now: datetime) -> Invoice:
    totals, code = invoice.totals, numbering.code
    check_code = make_check_code(numbering, totals) if code and invoice.kind in CHECKED else None
    return replace(
        invoice,
        number=numbering.number,
        code=code,
        check_code=check_code,
        issue_date=numbering.issue_date,
        issued_at=now,
        qr_text=build_qr_text(
            numbering.qr_kind,
            numbering.number,
            totals.amount if code else totals.amount_with_tax,
            numbering.issue_date,
            code=code or "",
            check_code=check_code or "",
        ),
    )
