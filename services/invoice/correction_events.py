"""Builds the published payloads about what takes an invoice back: red letters and voids."""

from libs.common.contracts.invoice import InvoiceRejected
from libs.common.contracts.invoice_corrections import (
    InvoiceRedFormChanged,
    InvoiceReversed,
    InvoiceVoided,
    InvoiceVoidRefused,
    InvoiceVoidRequested,
)
from services.invoice.domain.invoice import AuthorityError, Invoice
from services.invoice.domain.red_form import RedForm
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.domain.sums import Sum
from services.invoice.domain.voiding import Void
from services.invoice.events import number_of


def invoice_reversed(blue: StoredInvoice, red: StoredInvoice, left: Sum) -> InvoiceReversed:
    invoice = blue.invoice
    return InvoiceReversed(
        number=number_of(invoice),
        reference=invoice.reference or "",
        reversal=invoice.reversal,
        red_id=red.invoice.id,
        red_number=number_of(red.invoice),
        code=invoice.code,
        red_code=red.invoice.code,
        amount_left=str(left.amount),
        tax_left=str(left.tax),
        actor=red.actor,
    )


def red_form_changed(form: RedForm, reference: str, actor: str) -> InvoiceRedFormChanged:
    """`reference` is the blue invoice's."""
    return InvoiceRedFormChanged(
        number=form.invoice_number,
        reference=reference,
        form_id=form.id,
        state=form.state,
        initiator=form.initiator,
        reason=form.reason,
        amount=str(form.totals.amount),
        tax=str(form.totals.tax),
        confirmation_number=form.confirmation_number,
        expires_at=form.expires_at,
        red_id=form.red_invoice_id,
        actor=actor,
    )


def invoice_void_requested(invoice: Invoice, void: Void) -> InvoiceVoidRequested:
    return InvoiceVoidRequested(
        number=number_of(invoice),
        reference=invoice.reference or "",
        code=invoice.code,
        reason=void.reason,
        actor=void.actor,
    )


def invoice_void_refused(invoice: Invoice, error: AuthorityError) -> InvoiceVoidRefused:
    return InvoiceVoidRefused(
        number=number_of(invoice),
        reference=invoice.reference or "",
        code=invoice.code,
        reason_code=error.code,
        reason=error.detail,
        reason_zh=error.detail_zh,
    )


def invoice_voided(invoice: Invoice, void: Void) -> InvoiceVoided:
    return InvoiceVoided(
        number=number_of(invoice),
        reference=invoice.reference or "",
        code=invoice.code,
        voided_at=invoice.status_updated_at,
        reason=void.reason,
        actor=void.actor,
    )


def red_superseded(invoice: Invoice, red_number: str) -> InvoiceRejected:
    """`red_number`: what the authority issued instead."""
    return InvoiceRejected(
        number=number_of(invoice),
        reference=invoice.reference or "",
        code=invoice.code,
        status=invoice.status,
        reason_code="superseded",
        reason=f"The authority itself has issued the red invoice {red_number} by the same form",
        reason_zh=f"税务机关已就同一红字信息确认单开具红字发票 {red_number}",
    )
