"""Every step an invoice can take: total, pure transitions that return a new value or raise InvoiceStateConflict.

Each step counts `version` up by one. Times come in; nothing here reads a clock.
"""

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
from services.invoice.domain.invoice_states import SILENT, TRANSITIONS, State, Step
from services.invoice.domain.kinds import CHECKED
from services.invoice.domain.numbering import Numbering, make_check_code
from services.invoice.domain.parties import Seller
from services.invoice.domain.pricing import PricedInvoice
from services.invoice.domain.qr import build_qr_text
from services.invoice.errors import InvoiceStateConflict


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
    return replace(_take(invoice, Step.ACCEPT, now=now), expected_final_by=expected_final_by)


def issue(invoice: Invoice, numbering: Numbering, *, expected_final_by: datetime, now: datetime) -> Invoice:
    """A draft is issued with a number from a local block; the upload to the authority follows."""
    issued = _number(_take(invoice, Step.ISSUE, now=now), numbering, now)
    return replace(issued, expected_final_by=expected_final_by)


def submit(invoice: Invoice, *, now: datetime) -> Invoice:
    """Handed to the authority; again (under the same serial) after a query found nothing or after a correction."""
    return _take(invoice, Step.SUBMIT, now=now)


def mark_outcome_unknown(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority may or may not have it: query next, never submit under another serial."""
    return _take(invoice, Step.MARK_OUTCOME_UNKNOWN, now=now, error=error)


def wait_for_operator(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority wants a person to sign in before it goes on."""
    return _take(invoice, Step.WAIT_FOR_OPERATOR, now=now, error=error)


def confirm(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority holds an invoice that was issued with a number of ours."""
    return _take(invoice, Step.CONFIRM, now=now)


def assign_number(invoice: Invoice, numbering: Numbering, *, now: datetime) -> Invoice:
    """The authority accepted a pending invoice and gave it its number: issued and confirmed at once."""
    return _number(_take(invoice, Step.ASSIGN_NUMBER, now=now), numbering, now)


def refuse(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """The authority's final no: a pending invoice is rejected; an issued one keeps its number for a correction."""
    return _take(invoice, Step.REFUSE, now=now, error=error)


def reject(invoice: Invoice, error: AuthorityError, *, now: datetime) -> Invoice:
    """A pending invoice is given up before the authority saw it."""
    return _take(invoice, Step.REJECT, now=now, error=error)


def void(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority has voided an invoice that it held; the number stays taken."""
    return _take(invoice, Step.VOID, now=now)


def supersede(invoice: Invoice, *, now: datetime) -> Invoice:
    """The authority refused a red invoice, for it had issued one itself: the number of ours is wasted."""
    return _take(invoice, Step.SUPERSEDE, now=now)


def reverse(invoice: Invoice, reversal: Reversal) -> Invoice:
    """A red invoice took some or all of an issued blue one back; what was taken never comes back."""
    return replace(_take(invoice, Step.REVERSE, now=invoice.status_updated_at), reversal=reversal)


def _take(invoice: Invoice, step: Step, *, now: datetime, error: AuthorityError | None = None) -> Invoice:
    """The next version; an error of the authority stays until the next word from it."""
    status, state = _find_target(invoice, step)
    authority = invoice.authority
    if step not in SILENT:
        authority = Authority(authority.channel, state, now, error)
    status_updated_at = now if status is not invoice.status else invoice.status_updated_at
    return replace(
        invoice,
        status=status,
        authority=authority,
        status_updated_at=status_updated_at,
        version=invoice.version + 1,
    )


def _find_target(invoice: Invoice, step: Step) -> State:
    status, state = invoice.status, invoice.authority.state
    target = TRANSITIONS.get(((status, state), step))
    if target is not None:
        return target
    raise InvoiceStateConflict(
        f"An invoice that is {status} and {state} at the authority cannot {step.replace('_', ' ')}.",
        detail_zh=f"发票状态为 {status}、税局状态为 {state}，不允许该操作（{step}）。",
        invoice_status=status,
        authority_state=state,
        transition=step,
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
