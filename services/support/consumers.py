"""What support learns from the other services' events, and the tickets that an event ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.common import credentials
from libs.common.consumer import Handlers
from libs.common.contracts import Contract
from libs.common.contracts.auth import UserChanged
from libs.common.contracts.invoice import (
    InvoiceAccepted,
    InvoiceAuthorityDelayed,
    InvoiceConfirmed,
    InvoiceConnectorChanged,
    InvoiceIssued,
    InvoiceRejected,
)
from libs.common.contracts.invoice_corrections import InvoiceVoided, InvoiceVoidRefused
from libs.common.contracts.invoice_document import InvoiceDocument
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.db import Tx
from libs.common.events import Envelope, Event
from services.support.commands import (
    SettledPromise,
    learn_connectors,
    learn_facts,
    learn_users,
    settle_promises,
)
from services.support.domain.connectors import ConnectorChange
from services.support.domain.facts import LearntFacts
from services.support.domain.promises import CONFIRMED, refused
from services.support.domain.tickets import User

TOPICS = ("auth.events", "invoice.events", "render.events", "notify.events")

# Auth gives this role, and with it the scope support:agent, to users of the platform's own tenant only.
AGENT_ROLE = "support_agent"


def _envelope(envelope: Envelope) -> LearntFacts:
    return LearntFacts(tenant_id=envelope.tenant, invoice_id=envelope.subject, time=envelope.time)


def _document(facts: LearntFacts, invoice: InvoiceDocument) -> LearntFacts:
    return replace(
        facts,
        number=invoice.number,
        reference=invoice.reference,
        kind=invoice.kind,
        buyer_name=invoice.buyer.name,
        total=Decimal(invoice.totals.amount_with_tax),
        taxpayer_id=invoice.taxpayer_id,
    )


def _accepted(facts: LearntFacts, payload: InvoiceAccepted) -> LearntFacts:
    facts = _document(facts, payload.invoice)
    return replace(facts, status="pending", expected_final_by=payload.expected_final_by)


def _issued(facts: LearntFacts, payload: InvoiceIssued) -> LearntFacts:
    facts = _document(facts, payload.invoice)
    return replace(
        facts,
        status="issued",
        authority_state=payload.authority_state,
        expected_final_by=payload.expected_final_by,
        is_final=payload.authority_state == "confirmed",
    )


def _confirmed(facts: LearntFacts, payload: InvoiceConfirmed) -> LearntFacts:
    return replace(facts, number=payload.number, authority_state="confirmed", is_final=True)


def _rejected(facts: LearntFacts, payload: InvoiceRejected) -> LearntFacts:
    return replace(
        facts,
        status=payload.status,
        authority_state="refused",
        is_final=True,
        problem=payload.reason,
        problem_zh=payload.reason_zh,
    )


def _delayed(facts: LearntFacts, payload: InvoiceAuthorityDelayed) -> LearntFacts:
    return replace(
        facts,
        authority_state=payload.authority_state,
        problem=payload.last_error,
        problem_zh=payload.last_error_zh or None,
    )


def _voided(facts: LearntFacts, _: InvoiceVoided) -> LearntFacts:
    return replace(facts, status="voided")


def _void_refused(facts: LearntFacts, payload: InvoiceVoidRefused) -> LearntFacts:
    return replace(facts, problem=payload.reason, problem_zh=payload.reason_zh)


def _documents_ready(facts: LearntFacts, payload: DocumentsReady) -> LearntFacts:
    return replace(facts, documents={one.format: "ready" for one in payload.documents})


def _document_failed(facts: LearntFacts, payload: DocumentFailed) -> LearntFacts:
    failed = {payload.format: "failed"}
    return replace(facts, documents=failed, problem=payload.reason, problem_zh=payload.reason_zh)


def _delivery_sent(facts: LearntFacts, payload: DeliverySent) -> LearntFacts:
    return replace(facts, deliveries={payload.channel: "sent"})


def _delivery_failed(facts: LearntFacts, payload: DeliveryFailed) -> LearntFacts:
    return replace(facts, deliveries={payload.channel: "failed"}, problem=payload.reason)


_LEARN: Mapping[type[Contract], Callable[[LearntFacts, Any], LearntFacts]] = {
    InvoiceAccepted: _accepted,
    InvoiceIssued: _issued,
    InvoiceConfirmed: _confirmed,
    InvoiceRejected: _rejected,
    InvoiceAuthorityDelayed: _delayed,
    InvoiceVoided: _voided,
    InvoiceVoidRefused: _void_refused,
    DocumentsReady: _documents_ready,
    DocumentFailed: _document_failed,
    DeliverySent: _delivery_sent,
    DeliveryFailed: _delivery_failed,
}


def learn(event: Event[Any]) -> LearntFacts:
    """What this event tells about its invoice."""
    return _LEARN[type(event.payload)](_envelope(event.envelope), event.payload)


async def on_invoice_events(tx: Tx, events: Sequence[Event[Any]], now: datetime) -> None:
    learnt = [learn(event) for event in events]
    await learn_facts(tx, learnt)
    settled = [
        SettledPromise(facts.tenant_id, facts.invoice_id, _note(event.payload), event.envelope.correlation)
        for event, facts in zip(events, learnt, strict=True)
        if facts.is_final
    ]
    if settled:
        await settle_promises(tx, settled, now=now)


def _note(payload: Contract) -> str:
    if isinstance(payload, InvoiceRejected):
        return refused(payload.reason, payload.reason_zh)
    return CONFIRMED


async def on_connectors_changed(
    tx: Tx, events: Sequence[Event[InvoiceConnectorChanged]], now: datetime
) -> None:
    await learn_connectors(tx, [_connector_change(event) for event in events], now=now)


def _connector_change(event: Event[InvoiceConnectorChanged]) -> ConnectorChange:
    envelope, change = event.envelope, event.payload
    return ConnectorChange(
        tenant=envelope.tenant,
        taxpayer=envelope.subject,
        seller_name=change.seller_name,
        state=change.state,
        since=change.since,
        correlation=envelope.correlation,
    )


async def on_users_changed(tx: Tx, events: Sequence[Event[UserChanged]], _: datetime) -> None:
    await learn_users(tx, [_user(event) for event in events])


def _user(event: Event[UserChanged]) -> User:
    user = event.payload
    return User(
        tenant=event.envelope.tenant,
        id=event.envelope.subject,
        username=user.username,
        display_name=user.display_name,
        is_agent=AGENT_ROLE in user.roles,
        is_active=user.is_active,
    )


HANDLERS: Handlers = {
    **credentials.HANDLERS,
    UserChanged: on_users_changed,
    InvoiceConnectorChanged: on_connectors_changed,
    **dict.fromkeys(_LEARN, on_invoice_events),
}
