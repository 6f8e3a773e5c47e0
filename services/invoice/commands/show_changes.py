"""Bring the query views up to date with a run of events of one type."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from libs.common.consumer import Handler
from libs.common.contracts import Contract
from libs.common.contracts.invoice import (
    InvoiceAccepted,
    InvoiceAuthorityDelayed,
    InvoiceConfirmed,
    InvoiceIssued,
    InvoiceNoted,
    InvoiceRejected,
    InvoiceResubmitted,
    InvoiceTagged,
)
from libs.common.contracts.invoice_corrections import (
    InvoiceReversed,
    InvoiceVoided,
)
from libs.common.contracts.invoice_document import InvoiceDocument
from libs.common.db import Tx
from libs.common.events import Event
from services.invoice.store.correction_view import show_reds, show_reversed
from services.invoice.store.view import (
    NoteAdded,
    StatusChange,
    TagChange,
    TimelineEntry,
    ViewRow,
    add_notes,
    add_timeline,
    change_statuses,
    change_tags,
    clear_backlog,
    save_views,
)
from services.invoice.timeline_texts import describe


async def show_invoices(
    tx: Tx, events: Sequence[Event[InvoiceAccepted | InvoiceIssued]], _: datetime
) -> None:
    """New invoices, and pending ones that have got their number."""
    await save_views(tx, [_view_row(event) for event in events])
    reds = [
        (
            event.envelope.tenant,
            event.envelope.subject,
            msgspec.json.encode(event.payload.invoice.red).decode(),
        )
        for event in events
        if event.payload.invoice.red is not None
    ]
    await show_reds(tx, reds)
    await _clear(tx, events)


async def show_authority_changes(
    tx: Tx,
    events: Sequence[
        Event[
            InvoiceConfirmed | InvoiceRejected | InvoiceAuthorityDelayed | InvoiceResubmitted | InvoiceVoided
        ]
    ],
    _: datetime,
) -> None:
    """What the authority said or did, or that it is late to do so."""
    await change_statuses(tx, [_status_change(event) for event in events])
    await _clear(tx, events)


async def show_tags(tx: Tx, events: Sequence[Event[InvoiceTagged]], _: datetime) -> None:
    """Tags as somebody has changed them."""
    changes = [TagChange(e.envelope.tenant, e.envelope.subject, e.payload.tags) for e in events]
    await change_tags(tx, changes)
    await _clear(tx, events)


async def show_notes(tx: Tx, events: Sequence[Event[InvoiceNoted]], _: datetime) -> None:
    """Notes, to be found by their words."""
    notes = [NoteAdded(e.envelope.tenant, e.envelope.subject, e.payload.text.lower()) for e in events]
    await add_notes(tx, notes)
    await _clear(tx, events)


async def show_reversals(tx: Tx, events: Sequence[Event[InvoiceReversed]], _: datetime) -> None:
    """How much of a blue invoice is taken back."""
    await show_reversed(tx, [(e.envelope.tenant, e.envelope.subject, e.payload.reversal) for e in events])
    await _clear(tx, events)


async def show_timeline(tx: Tx, events: Sequence[Event[Any]], _: datetime) -> None:
    """One entry an event, whichever service it came from."""
    await add_timeline(tx, [_timeline_entry(event) for event in events])


def once(show: Handler) -> Handler:
    """`show`, for events that the timeline does not have yet: a replay over whole views changes nothing."""

    async def handle(tx: Tx, events: Sequence[Event[Any]], now: datetime) -> None:
        added = await add_timeline(tx, [_timeline_entry(event) for event in events])
        if fresh := [event for event in events if event.envelope.id in added]:
            await show(tx, fresh, now)

    return handle


async def _clear(tx: Tx, events: Sequence[Event[Any]]) -> None:
    await clear_backlog(tx, [(e.envelope.tenant, e.envelope.subject, e.envelope.time) for e in events])


def _view_row(event: Event[InvoiceAccepted | InvoiceIssued]) -> ViewRow:
    payload, envelope = event.payload, event.envelope
    invoice, totals = payload.invoice, payload.invoice.totals
    is_issued = isinstance(payload, InvoiceIssued)
    return ViewRow(
        tenant=envelope.tenant,
        id=envelope.subject,
        sort_at=invoice.issued_at or envelope.time,
        issued_at=invoice.issued_at,
        issue_date=invoice.issue_date,
        kind=invoice.kind,
        code=invoice.code,
        number=invoice.number,
        reference=invoice.reference or None,
        status="issued" if is_issued else "pending",
        authority_state=payload.authority_state if isinstance(payload, InvoiceIssued) else "not_submitted",
        buyer_name=invoice.buyer.name,
        buyer_tax_id=invoice.buyer.tax_id,
        seller_name=invoice.seller.name,
        amount=Decimal(totals.amount),
        tax=Decimal(totals.tax),
        amount_with_tax=Decimal(totals.amount_with_tax),
        tags=invoice.tags,
        search_text=_search_text(invoice),
        status_updated_at=envelope.time,
        expected_final_by=payload.expected_final_by,
    )


def _search_text(invoice: InvoiceDocument) -> str:
    """What free text is looked for in, lower case; line feeds keep the parts apart."""
    names = dict.fromkeys(line.name for line in invoice.lines)
    return "\n".join([invoice.buyer.name, *names, invoice.remarks, invoice.reference]).lower()


def _status_change(
    event: Event[
        InvoiceConfirmed | InvoiceRejected | InvoiceAuthorityDelayed | InvoiceResubmitted | InvoiceVoided
    ],
) -> StatusChange:
    payload, envelope = event.payload, event.envelope
    state: str | None = "confirmed"
    status = None
    if isinstance(payload, InvoiceAuthorityDelayed):
        state = payload.authority_state
    elif isinstance(payload, InvoiceRejected):
        state, status = "refused", payload.status
    elif isinstance(payload, InvoiceResubmitted):
        state = "submitted"
    elif isinstance(payload, InvoiceVoided):
        state, status = None, "voided"
    return StatusChange(envelope.tenant, envelope.subject, state, status, envelope.time)


def _timeline_entry(event: Event[Contract]) -> TimelineEntry:
    envelope = event.envelope
    service = envelope.type.partition(".")[0]
    description = describe(event.payload)
    return TimelineEntry(
        envelope.tenant,
        envelope.subject,
        envelope.id,
        envelope.time,
        service,
        envelope.type,
        description.summary,
        description.summary_zh,
        description.actor or service,
        envelope.correlation.id,
    )
