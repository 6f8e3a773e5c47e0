"""Send the refused upload of an issued invoice again; its number and its text stay as the buyer has them."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from libs.common.context import current_correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from libs.common.outbox import append
from services.invoice.domain.invoice import AuthorityState, Status
from services.invoice.domain.lifecycle import submit
from services.invoice.errors import InvoiceNotFound, InvoiceStateConflict
from services.invoice.events import invoice_resubmitted
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.submission import resubmit


class ResubmitInvoice(Struct, frozen=True):
    """`reason`: what has been put right."""

    tenant: TenantId
    actor: str
    invoice_id: InvoiceId
    reason: str
    promise: timedelta


async def resubmit_invoice(tx: Tx, command: ResubmitInvoice, *, now: datetime) -> None:
    """Raises InvoiceNotFound, and InvoiceStateConflict unless the authority refused the upload."""
    key = (command.tenant, command.invoice_id)
    stored = (await load_invoices_locked(tx, [key])).get(command.invoice_id)
    if stored is None:
        raise InvoiceNotFound
    invoice = stored.invoice
    if (invoice.status, invoice.authority.state) != (Status.ISSUED, AuthorityState.REFUSED):
        raise InvoiceStateConflict(
            "Only an issued invoice whose upload the authority refused can be submitted again.",
            detail_zh="只有已开具且被税务机关拒绝上传的发票可以重新上传。",
            invoice_status=invoice.status,
            authority_state=invoice.authority.state,
        )
    again = replace(submit(invoice, now=now), expected_final_by=now + command.promise)
    await resubmit(tx, replace(stored, invoice=again), current_correlation(), now=now)
    event = invoice_resubmitted(again, command.reason, command.actor)
    await append(tx, event, tenant=command.tenant, subject=invoice.id, now=now)
