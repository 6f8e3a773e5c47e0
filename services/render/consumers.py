"""What render does when others publish: an issued invoice wants its documents, a voided one a mark on them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from libs.common import credentials
from libs.common.consumer import Handlers
from libs.common.contracts.invoice import InvoiceIssued, InvoiceRejected
from libs.common.contracts.invoice_corrections import InvoiceVoided
from libs.common.db import Tx
from libs.common.events import Event
from libs.common.ids import InvoiceId
from services.render.commands import mark_documents, request_documents
from services.render.domain import IssuedInvoice
from services.render.verification import consumers as verification


async def on_invoices_voided(
    tx: Tx, events: Sequence[Event[InvoiceVoided] | Event[InvoiceRejected]], now: datetime
) -> None:
    voided = [(event.envelope.tenant, InvoiceId(event.envelope.subject)) for event in events]
    await mark_documents(tx, voided, "voided", now=now)


async def on_invoices_rejected(tx: Tx, events: Sequence[Event[InvoiceRejected]], now: datetime) -> None:
    """One that was issued for nothing has a document that must not pass for an invoice."""
    numbered = [event for event in events if event.payload.status == "rejected" and event.payload.number]
    await on_invoices_voided(tx, numbered, now)


def _issued_invoice(event: Event[InvoiceIssued]) -> IssuedInvoice:
    envelope, issued = event.envelope, event.payload
    return IssuedInvoice(
        tenant=envelope.tenant,
        id=InvoiceId(envelope.subject),
        code=issued.invoice.code,
        number=issued.number,
        reference=issued.reference,
        seller_name=issued.invoice.seller.name,
        issued_at=issued.invoice.issued_at or envelope.time,
        body=msgspec.json.encode(issued.invoice),
        correlation=envelope.correlation,
    )


def make_handlers(formats: Sequence[str]) -> Handlers:
    """Every issued invoice gets its documents in these formats."""

    async def on_invoices_issued(tx: Tx, events: Sequence[Event[InvoiceIssued]], now: datetime) -> None:
        await request_documents(tx, [_issued_invoice(event) for event in events], formats, now=now)

    return {
        **credentials.HANDLERS,
        **verification.HANDLERS,
        InvoiceIssued: on_invoices_issued,
        InvoiceVoided: on_invoices_voided,
        InvoiceRejected: on_invoices_rejected,
    }
