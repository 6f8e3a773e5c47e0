"""Fill the directory of buyers from issued invoices."""

from collections.abc import Sequence
from datetime import datetime

from libs.common.contracts.invoice import InvoiceIssued
from libs.common.contracts.invoice_document import InvoiceDocument
from libs.common.db import Tx
from libs.common.events import Event
from services.invoice.domain.tax_ids import TaxIdForm, classify_tax_id
from services.invoice.store.buyer import UsedBuyer, learn_buyers


async def learn_from_invoices(tx: Tx, events: Sequence[Event[InvoiceIssued]], _: datetime) -> None:
    """One use for each blue invoice to an organisation; natural persons are not collected."""
    await learn_buyers(
        tx,
        [
            UsedBuyer(event.envelope.tenant, event.payload.invoice.buyer, event.envelope.time)
            for event in events
            if _is_to_be_learnt(event.payload.invoice)
        ],
    )


def _is_to_be_learnt(invoice: InvoiceDocument) -> bool:
    buyer = invoice.buyer
    is_person = buyer.is_individual or classify_tax_id(buyer.tax_id) is TaxIdForm.IDENTITY_CARD
    return not is_person and not invoice.totals.amount_with_tax.startswith("-")
