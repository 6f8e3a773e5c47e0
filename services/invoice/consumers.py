"""Reactions to events: this service's own become rows of the views, everybody's become the timeline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.common import credentials
from libs.common.consumer import Handlers
from libs.common.contracts.invoice import (
    InvoiceAccepted,
    InvoiceAuthorityDelayed,
    InvoiceConfirmed,
    InvoiceDuplicateAllowed,
    InvoiceIssued,
    InvoiceNoted,
    InvoiceOverdue,
    InvoiceRejected,
    InvoiceResubmitted,
    InvoiceTagged,
)
from libs.common.contracts.invoice_corrections import (
    InvoiceRedFormChanged,
    InvoiceReversed,
    InvoiceVoided,
    InvoiceVoidRefused,
    InvoiceVoidRequested,
)
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.contracts.support import CopyRequested, TicketChanged, TicketOpened
from libs.common.db import Tx
from libs.common.events import Event
from services.invoice.commands.learn_buyers import learn_from_invoices
from services.invoice.commands.record_history import recorded
from services.invoice.commands.show_changes import (
    once,
    show_authority_changes,
    show_invoices,
    show_notes,
    show_reversals,
    show_tags,
    show_timeline,
)
from services.invoice.commands.show_documents import show_failed_documents, show_ready_documents

TOPICS = ("auth.events", "invoice.events", "render.events", "notify.events", "support.events")


async def on_invoice_issued(tx: Tx, events: Sequence[Event[Any]], now: datetime) -> None:
    """Shown in the views, and its buyer remembered."""
    await show_invoices(tx, events, now)
    await learn_from_invoices(tx, events, now)


HANDLERS: Handlers = {
    **credentials.HANDLERS,
    InvoiceAccepted: once(recorded(show_invoices)),
    InvoiceIssued: once(recorded(on_invoice_issued)),
    InvoiceConfirmed: once(recorded(show_authority_changes)),
    InvoiceRejected: once(recorded(show_authority_changes)),
    InvoiceAuthorityDelayed: once(recorded(show_authority_changes)),
    InvoiceTagged: once(recorded(show_tags)),
    InvoiceNoted: once(recorded(show_notes)),
    DocumentsReady: once(show_ready_documents),
    DocumentFailed: once(show_failed_documents),
    InvoiceDuplicateAllowed: show_timeline,
    InvoiceReversed: once(recorded(show_reversals)),
    InvoiceRedFormChanged: show_timeline,
    InvoiceResubmitted: once(recorded(show_authority_changes)),
    InvoiceVoidRequested: show_timeline,
    InvoiceVoidRefused: show_timeline,
    InvoiceVoided: once(recorded(show_authority_changes)),
    InvoiceOverdue: show_timeline,
    DeliverySent: show_timeline,
    DeliveryFailed: show_timeline,
    TicketOpened: show_timeline,
    TicketChanged: show_timeline,
    CopyRequested: show_timeline,
}
