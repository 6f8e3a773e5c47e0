"""What events, tenants and the sender do to deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.common.addresses import is_email, mask_email
from libs.common.db import Tx
from libs.common.ids import new_id
from libs.common.outbox import append_many
from services.notify.domain.deliveries import (
    About,
    ClaimedDelivery,
    InvoiceFacts,
    Lack,
    NewDelivery,
    ReadyDocuments,
    VoidedInvoice,
    retry_delay,
)
from services.notify.domain.inbox import InboxMessage
from services.notify.errors import ContactMissing, DocumentsMissing, unknown_invoice
from services.notify.events import delivery_failed, delivery_sent
from services.notify.store import delivery as store
from services.notify.store.inbox import save_messages
from services.notify.store.invoice import lock_invoice, mark_voided, save_documents, save_invoices, save_lacks

# What could not be tried because a server was away is tried again after this.
_PAUSE = timedelta(seconds=5)
_TOO_LATE = "the invoice was voided before it was sent"


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An invoice that was issued, what its tenant is told of it, and to whom it is to be sent."""

    facts: InvoiceFacts
    message: InboxMessage
    deliveries: tuple[NewDelivery, ...]


async def register_issued(tx: Tx, issued: Sequence[IssuedInvoice], *, now: datetime) -> None:
    """Keep what is known of the invoices, tell their tenants, and add the deliveries they ask for."""
    await save_invoices(tx, [invoice.facts for invoice in issued])
    await save_messages(tx, [invoice.message for invoice in issued])
    asked = [(invoice.facts, delivery) for invoice in issued for delivery in invoice.deliveries]
    if asked:
        await store.add_deliveries(tx, [delivery for _, delivery in asked], now=now)
        refused = [
            delivery_failed(facts, delivery, delivery.refusal)
            for facts, delivery in asked
            if delivery.refusal is not None
        ]
        await append_many(tx, refused, now=now)


async def register_documents(tx: Tx, ready: Sequence[ReadyDocuments], *, now: datetime) -> None:
    """Keep where the documents lie and release the deliveries that waited for them."""
    if ready:
        await save_documents(tx, ready)
        await store.release_deliveries(tx, [(each.tenant, each.invoice_id) for each in ready], now=now)


async def register_failed(tx: Tx, lacks: Sequence[Lack], messages: Sequence[InboxMessage]) -> None:
    """Deliveries go on waiting: the document may be made later. Tell the tenants, and whoever asks for a delivery."""
    await save_lacks(tx, lacks)
    await save_messages(tx, messages)


async def register_voided(
    tx: Tx, voided: Sequence[VoidedInvoice], messages: Sequence[InboxMessage], *, now: datetime
) -> None:
    """Nothing more is sent of the invoices; tell their tenants, and those who have got them."""
    await mark_voided(tx, voided)
    await save_messages(tx, messages)
    for invoice in voided:
        await _tell_of_void(tx, invoice, now=now)


async def _tell_of_void(tx: Tx, voided: VoidedInvoice, *, now: datetime) -> None:
    """A mail to every address that has been sent the invoice and has not been told yet."""
    told = await store.list_told(tx, voided, new_id)
    if told:
        await store.add_deliveries(tx, told, now=now)


async def request_delivery(tx: Tx, delivery: NewDelivery, *, now: datetime) -> None:
    """Send an invoice (again), to the contact stored with it if `delivery.recipient` is empty.

    Raises NotFound while notify knows no such issued invoice, ContactMissing, and DocumentsMissing where there are
    documents, but none of those that are asked for.
    """
    stored = await lock_invoice(tx, delivery.tenant, delivery.invoice_id)
    if stored is None:
        raise unknown_invoice()
    recipient = delivery.recipient or stored.email
    if delivery.formats and stored.formats and not stored.formats & set(delivery.formats):
        raise DocumentsMissing(formats=list(delivery.formats), ready=sorted(stored.formats))
    if not is_email(recipient):
        raise ContactMissing
    await store.add_deliveries(tx, [replace(delivery, recipient=recipient)], now=now)


async def record_sent(
    tx: Tx, delivery: ClaimedDelivery, message_id: str, attached: Sequence[str], *, now: datetime
) -> None:
    """The server has taken the mail with documents of these formats."""
    sent = await store.finish_sent(tx, delivery, message_id, attached, now=now)
    if sent is None:
        return
    await append_many(tx, [delivery_sent(delivery, message_id, attached)], now=now)
    if sent.voided_at is not None and delivery.about is About.INVOICE:
        await _tell_of_void(tx, delivery.as_voided(sent.voided_at), now=now)


async def withdraw(tx: Tx, delivery: ClaimedDelivery, *, now: datetime) -> None:
    """It would bring an invoice that is voided: nobody has to act, so nothing is announced."""
    await store.finish_failed(tx, delivery, _TOO_LATE, now=now)


async def record_refusal(
    tx: Tx, delivery: ClaimedDelivery, reason: str, *, is_permanent: bool, now: datetime
) -> None:
    """The server has not taken the mail: try later, or give up."""
    reason = reason.replace(delivery.recipient, mask_email(delivery.recipient))
    delay = None if is_permanent else retry_delay(delivery.attempt)
    if delay is not None:
        await store.postpone(tx, delivery, reason, until=now + delay, is_counted=True, now=now)
    elif await store.finish_failed(tx, delivery, reason, now=now):
        await append_many(tx, [delivery_failed(delivery.invoice, delivery, reason)], now=now)


async def give_back(tx: Tx, deliveries: Sequence[ClaimedDelivery], reason: str, *, now: datetime) -> None:
    """They could not be tried, through no fault of theirs."""
    for delivery in deliveries:
        await store.postpone(tx, delivery, reason, until=now + _PAUSE, is_counted=False, now=now)
