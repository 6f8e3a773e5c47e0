"""Between published payloads and notify's own values, in both directions."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from libs.common.addresses import mask_email
from libs.common.context import Correlation
from libs.common.contracts import Contract
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
from libs.common.contracts.invoice_document import DeliverDocument, InvoiceDocument
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import DocumentFailed, DocumentsReady, ReadyDocument
from libs.common.contracts.support import CopyRequested
from libs.common.events import Envelope, Event, EveryEvent
from libs.common.outbox import NewEvent
from services.notify.domain import exports, inbox
from services.notify.domain.connectors import ConnectorChange
from services.notify.domain.copies import CopyRequest
from services.notify.domain.deliveries import (
    MAILED_FORMATS,
    ClaimedDelivery,
    Document,
    InvoiceFacts,
    Lack,
    NewDelivery,
    ReadyDocuments,
    VoidedInvoice,
)
from services.notify.domain.exports import ExportFacts, ExportNotice
from services.notify.domain.feed import FeedEvent
from services.notify.domain.inbox import InboxMessage, Occasion
from services.notify.domain.users import User


def feed_event(event: Event[EveryEvent]) -> FeedEvent:
    envelope = event.envelope
    return FeedEvent(
        tenant=envelope.tenant,
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        sequence=envelope.sequence,
        time=envelope.time,
        correlation_id=envelope.correlation.id,
        traceparent=envelope.correlation.traceparent,
        payload=event.payload.value,
    )


def invoice_facts(event: Event[InvoiceIssued]) -> InvoiceFacts:
    invoice = event.payload.invoice
    return InvoiceFacts(
        tenant=event.envelope.tenant,
        id=event.envelope.subject,
        number=event.payload.number,
        reference=event.payload.reference,
        seller_name=invoice.seller.name,
        buyer_name=invoice.buyer.name,
        amount_with_tax=Decimal(invoice.totals.amount_with_tax),
        issued_at=invoice.issued_at or event.envelope.time,
        email=stored_email(invoice),
        code=invoice.code or "",
    )


def stored_email(invoice: InvoiceDocument) -> str:
    """Where the invoice is to go by e-mail, else the buyer's address; empty if neither is known."""
    return invoice.deliver.to.get("email") or invoice.buyer.email


def asked_deliveries(event: Event[InvoiceIssued], delivery_id: UUID) -> tuple[NewDelivery, ...]:
    """What the invoice itself asks for: e-mail, if that is among its channels and an address is known."""
    deliver: DeliverDocument = event.payload.invoice.deliver
    recipient = stored_email(event.payload.invoice)
    if "email" not in deliver.channels or not recipient:
        return ()
    envelope = event.envelope
    delivery = NewDelivery(
        tenant=envelope.tenant,
        id=delivery_id,
        invoice_id=envelope.subject,
        channel="email",
        recipient=recipient,
        requested_by="invoice",
        correlation_id=envelope.correlation.id,
        traceparent=envelope.correlation.traceparent,
    )
    return (delivery,)


def ready_documents(event: Event[DocumentsReady]) -> ReadyDocuments:
    """Those that can be mailed; of two versions the newer one."""
    ready = sorted(event.payload.documents, key=lambda one: one.version)
    newest = {one.format: one for one in ready if one.format in MAILED_FORMATS}
    return ReadyDocuments(
        tenant=event.envelope.tenant,
        invoice_id=event.envelope.subject,
        documents=tuple(map(_document, newest.values())),
    )


def _document(ready: ReadyDocument) -> Document:
    place = ready.object
    return Document(
        format=ready.format,
        version=ready.version,
        sha256=ready.sha256,
        bucket=place.bucket,
        key=place.key,
        version_id=place.version_id,
        offset=place.offset,
        length=place.length,
    )


def issued_message(event: Event[InvoiceIssued]) -> InboxMessage:
    invoice = event.payload.invoice
    return inbox.invoice_issued(
        _occasion(event.envelope, event.payload),
        buyer_name=invoice.buyer.name,
        amount_with_tax=invoice.totals.amount_with_tax,
    )


def rejected_message(event: Event[InvoiceRejected]) -> InboxMessage:
    payload = event.payload
    occasion = _occasion(event.envelope, payload)
    return inbox.invoice_rejected(occasion, reason=payload.reason, reason_zh=payload.reason_zh)


def voided_invoice(event: Event[InvoiceVoided] | Event[InvoiceRejected]) -> VoidedInvoice:
    envelope, payload = event.envelope, event.payload
    return VoidedInvoice(
        tenant=envelope.tenant,
        id=envelope.subject,
        voided_at=payload.voided_at if isinstance(payload, InvoiceVoided) else envelope.time,
        correlation_id=envelope.correlation.id,
        traceparent=envelope.correlation.traceparent,
    )


def voided_message(event: Event[InvoiceVoided]) -> InboxMessage:
    return inbox.invoice_voided(_occasion(event.envelope, event.payload), reason=event.payload.reason)


def void_refused_message(event: Event[InvoiceVoidRefused]) -> InboxMessage:
    payload = event.payload
    occasion = _occasion(event.envelope, payload)
    return inbox.invoice_void_refused(occasion, reason=payload.reason, reason_zh=payload.reason_zh)


def lack(event: Event[DocumentFailed]) -> Lack:
    envelope, payload = event.envelope, event.payload
    return Lack(envelope.tenant, envelope.subject, payload.format, payload.reason)


def document_failed_message(event: Event[DocumentFailed]) -> InboxMessage:
    payload = event.payload
    return inbox.document_failed(
        _occasion(event.envelope, payload),
        document_format=payload.format,
        reason=payload.reason,
        reason_zh=payload.reason_zh,
    )


def delivery_failed_message(event: Event[DeliveryFailed]) -> InboxMessage:
    payload = event.payload
    occasion = _occasion(event.envelope, payload)
    return inbox.delivery_failed(occasion, masked_to=payload.masked_to, reason=payload.reason)


def copy_request(event: Event[CopyRequested]) -> CopyRequest:
    envelope, payload = event.envelope, event.payload
    return CopyRequest(
        occasion=_occasion(envelope, payload),
        invoice=envelope.subject,
        ticket_number=payload.ticket_number,
        to=payload.to,
        formats=payload.formats,
        reason=payload.reason,
        actor=payload.actor,
        correlation_id=envelope.correlation.id,
        traceparent=envelope.correlation.traceparent,
    )


def connector_change(event: Event[InvoiceConnectorChanged]) -> ConnectorChange:
    envelope, payload = event.envelope, event.payload
    return ConnectorChange(
        occasion=Occasion(envelope.tenant, envelope.id, None, None, "", envelope.time),
        taxpayer=envelope.subject,
        seller_name=payload.seller_name,
        seller_tax_id=payload.seller_tax_id,
        state=payload.state,
    )


def export_finished_notice(event: Event[InvoiceExportFinished]) -> ExportNotice:
    payload = event.payload
    facts = _export_facts(event.envelope, payload.actor, payload.first_day, payload.last_day)
    return exports.export_finished(facts, total=payload.total, missing=payload.missing, target=payload.target)


def export_failed_notice(event: Event[InvoiceExportFailed]) -> ExportNotice:
    payload = event.payload
    facts = _export_facts(event.envelope, payload.actor, payload.first_day, payload.last_day)
    return exports.export_failed(facts, reason=payload.reason, reason_zh=payload.reason_zh)


def export_check_failed_notice(event: Event[InvoiceExportCheckFailed]) -> ExportNotice:
    facts = _export_facts(event.envelope, event.payload.actor, None, None)
    return exports.export_check_failed(facts, findings=event.payload.findings)


def _export_facts(envelope: Envelope, actor: str, first_day: str | None, last_day: str | None) -> ExportFacts:
    occasion = Occasion(envelope.tenant, envelope.id, None, None, "", envelope.time)
    return ExportFacts(occasion, envelope.subject, first_day, last_day, actor)


def user(event: Event[UserChanged]) -> User:
    payload = event.payload
    return User(
        tenant=event.envelope.tenant,
        id=event.envelope.subject,
        email=payload.email,
        roles=payload.roles,
        is_active=payload.is_active,
    )


def _occasion(
    envelope: Envelope,
    payload: InvoiceIssued
    | InvoiceRejected
    | InvoiceVoided
    | InvoiceVoidRefused
    | DocumentFailed
    | DeliveryFailed
    | CopyRequested,
) -> Occasion:
    return Occasion(
        tenant=envelope.tenant,
        event_id=envelope.id,
        invoice_id=envelope.subject,
        number=payload.number,
        reference=payload.reference,
        time=envelope.time,
    )


def delivery_sent(delivery: ClaimedDelivery, message_id: str, attached: Sequence[str]) -> NewEvent:
    payload = DeliverySent(
        number=delivery.invoice.number,
        reference=delivery.invoice.reference,
        delivery_id=delivery.id,
        channel=delivery.channel,
        masked_to=mask_email(delivery.recipient),
        message_id=message_id,
        formats=tuple(attached),
        requested_by=delivery.requested_by,
    )
    return _new_event(delivery, delivery.invoice.id, payload)


def delivery_failed(invoice: InvoiceFacts, delivery: NewDelivery | ClaimedDelivery, reason: str) -> NewEvent:
    payload = DeliveryFailed(
        number=invoice.number,
        reference=invoice.reference,
        delivery_id=delivery.id,
        channel=delivery.channel,
        masked_to=mask_email(delivery.recipient),
        reason=reason,
    )
    return _new_event(delivery, invoice.id, payload)


def _new_event(delivery: NewDelivery | ClaimedDelivery, subject: UUID, payload: Contract) -> NewEvent:
    correlation = Correlation(delivery.correlation_id, delivery.traceparent)
    return NewEvent(delivery.tenant, subject, payload, correlation)
