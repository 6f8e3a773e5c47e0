"""What notify does about events: every one goes into the feed, some also into the inbox or out by mail."""

from collections.abc import Sequence
from datetime import datetime

from libs.common import credentials
from libs.common.consumer import Handlers
from libs.common.contracts.auth import UserChanged
from libs.common.contracts.invoice import (
    InvoiceConnectorChanged,
    InvoiceExportCheckFailed,
    InvoiceExportFailed,
    InvoiceExportFinished,
    InvoiceIssued,
    InvoiceRejected,
)
from libs.common.contracts.invoice_corrections import (
    InvoiceVoided,
    InvoiceVoidRefused,
)
from libs.common.contracts.notify import DeliveryFailed
from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.contracts.support import CopyRequested
from libs.common.db import Tx
from libs.common.events import Event, EveryEvent
from libs.common.ids import new_id
from services.notify import events as mapping
from services.notify.commands.copies import send_copies
from services.notify.commands.delivery import (
    IssuedInvoice,
    register_documents,
    register_failed,
    register_issued,
    register_voided,
)
from services.notify.commands.feed import extend_feed
from services.notify.commands.inbox import announce
from services.notify.commands.notices import learn_users, tell_of_connectors, tell_of_exports

TOPICS = ("auth.events", "invoice.events", "render.events", "notify.events", "support.events")


async def on_every_event(tx: Tx, events: Sequence[Event[EveryEvent]], _: datetime) -> None:
    await extend_feed(tx, [mapping.feed_event(event) for event in events])


async def on_invoices_issued(tx: Tx, events: Sequence[Event[InvoiceIssued]], now: datetime) -> None:
    issued = [
        IssuedInvoice(
            facts=mapping.invoice_facts(event),
            message=mapping.issued_message(event),
            deliveries=mapping.asked_deliveries(event, new_id()),
        )
        for event in events
    ]
    await register_issued(tx, issued, now=now)


async def on_invoices_rejected(tx: Tx, events: Sequence[Event[InvoiceRejected]], now: datetime) -> None:
    """One that was issued for nothing is withdrawn as a voided one is."""
    numbered = [event for event in events if event.payload.status == "rejected" and event.payload.number]
    withdrawn = [mapping.voided_invoice(event) for event in numbered]
    await register_voided(tx, withdrawn, [mapping.rejected_message(event) for event in events], now=now)


async def on_invoices_voided(tx: Tx, events: Sequence[Event[InvoiceVoided]], now: datetime) -> None:
    voided = [mapping.voided_invoice(event) for event in events]
    await register_voided(tx, voided, [mapping.voided_message(event) for event in events], now=now)


async def on_voids_refused(tx: Tx, events: Sequence[Event[InvoiceVoidRefused]], _: datetime) -> None:
    await announce(tx, [mapping.void_refused_message(event) for event in events])


async def on_documents_ready(tx: Tx, events: Sequence[Event[DocumentsReady]], now: datetime) -> None:
    ready = [mapping.ready_documents(event) for event in events]
    await register_documents(tx, [each for each in ready if each.documents], now=now)


async def on_documents_failed(tx: Tx, events: Sequence[Event[DocumentFailed]], _: datetime) -> None:
    messages = [mapping.document_failed_message(event) for event in events]
    await register_failed(tx, [mapping.lack(event) for event in events], messages)


async def on_deliveries_failed(tx: Tx, events: Sequence[Event[DeliveryFailed]], _: datetime) -> None:
    await announce(tx, [mapping.delivery_failed_message(event) for event in events])


async def on_copies_requested(tx: Tx, events: Sequence[Event[CopyRequested]], now: datetime) -> None:
    await send_copies(tx, [mapping.copy_request(event) for event in events], now=now)


async def on_connectors_changed(
    tx: Tx, events: Sequence[Event[InvoiceConnectorChanged]], now: datetime
) -> None:
    await tell_of_connectors(tx, [mapping.connector_change(event) for event in events], now=now)


async def on_exports_finished(tx: Tx, events: Sequence[Event[InvoiceExportFinished]], _: datetime) -> None:
    await tell_of_exports(tx, [mapping.export_finished_notice(event) for event in events])


async def on_exports_failed(tx: Tx, events: Sequence[Event[InvoiceExportFailed]], _: datetime) -> None:
    await tell_of_exports(tx, [mapping.export_failed_notice(event) for event in events])


async def on_export_checks_failed(
    tx: Tx, events: Sequence[Event[InvoiceExportCheckFailed]], _: datetime
) -> None:
    await tell_of_exports(tx, [mapping.export_check_failed_notice(event) for event in events])


async def on_users_changed(tx: Tx, events: Sequence[Event[UserChanged]], _: datetime) -> None:
    await learn_users(tx, [mapping.user(event) for event in events])


HANDLERS: Handlers = {
    **credentials.HANDLERS,
    EveryEvent: on_every_event,
    InvoiceIssued: on_invoices_issued,
    InvoiceRejected: on_invoices_rejected,
    InvoiceVoided: on_invoices_voided,
    InvoiceVoidRefused: on_voids_refused,
    DocumentsReady: on_documents_ready,
    DocumentFailed: on_documents_failed,
    DeliveryFailed: on_deliveries_failed,
    CopyRequested: on_copies_requested,
    InvoiceConnectorChanged: on_connectors_changed,
    InvoiceExportFinished: on_exports_finished,
    InvoiceExportFailed: on_exports_failed,
    InvoiceExportCheckFailed: on_export_checks_failed,
    UserChanged: on_users_changed,
}
