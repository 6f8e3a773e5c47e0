"""Issue a blue invoice: consume quota and number, save it and announce it, in the caller's transaction."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from libs.common import outbox
from libs.common.clock import shanghai_day
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TaxpayerId, TenantId
from services.invoice.domain.invoice import Invoice, Status
from services.invoice.domain.kinds import QrCode
from services.invoice.domain.lifecycle import Numbering, accept, draft_invoice, issue
from services.invoice.domain.pricing import PricedInvoice
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.events import invoice_accepted, invoice_issued
from services.invoice.store.entitlement import Entitlement, consume
from services.invoice.store.invoice import insert_invoice


class IssueRequest(Struct, frozen=True):
    """A priced invoice and who wants it. `qr_kind` is the kind's code in the QR text."""

    tenant: TenantId
    actor: str
    invoice_id: InvoiceId
    priced: PricedInvoice
    qr_kind: QrCode
    promise: timedelta


async def issue_invoice(tx: Tx, request: IssueRequest, *, now: datetime) -> Invoice:
    """The issued invoice, or the pending one where the authority assigns the number.

    Raises TaxpayerNotFound, QuotaExceeded, QuotaUnknown, NumbersExhausted, DuplicateReference.
    """
    command, totals = request.priced.command, request.priced.totals
    taxpayer_id = None if command.taxpayer_id is None else TaxpayerId(command.taxpayer_id)
    day = shanghai_day(now)
    entitlement = await consume(tx, request.tenant, taxpayer_id, amount=totals.amount, day=day)
    stored = _build(request, entitlement, now)
    await insert_invoice(tx, stored, serial=request.invoice_id.hex)
    event = invoice_accepted(stored) if entitlement.number is None else invoice_issued(stored)
    await outbox.append(tx, event, tenant=request.tenant, subject=request.invoice_id, now=now)
    return stored.invoice


def _build(request: IssueRequest, entitlement: Entitlement, now: datetime) -> StoredInvoice:
    taxpayer = entitlement.taxpayer
    draft = draft_invoice(
        request.invoice_id, taxpayer.seller, request.priced, channel=taxpayer.channel, now=now
    )
    expected_final_by = now + request.promise
    if entitlement.number is None:
        invoice = accept(draft, expected_final_by=expected_final_by, now=now)
    else:
        numbering = Numbering(entitlement.number, shanghai_day(now), request.qr_kind)
        invoice = issue(draft, numbering, expected_final_by=expected_final_by, now=now)
    deliver = request.priced.command.deliver
    return StoredInvoice(request.tenant, taxpayer.id, request.actor, now, deliver, invoice)


def as_draft(invoice: Invoice) -> Invoice:
    """What a dry run answers: everything worked out, no number, no date, nothing promised."""
    return replace(
        invoice,
        status=Status.DRAFT,
        number=None,
        issue_date=None,
        issued_at=None,
        qr_text=None,
        expected_final_by=None,
        version=0,
    )
