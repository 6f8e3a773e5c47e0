"""Void an invoice: keep the wish, ask the authority, and do here what it has done."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from libs.common.outbox import append
from services.invoice.correction_events import invoice_void_refused, invoice_void_requested, invoice_voided
from services.invoice.domain.invoice import AuthorityError, Status
from services.invoice.domain.lifecycle import void as void_invoice
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.domain.void_authority import VoidOutcome
from services.invoice.domain.voiding import Void, VoidState, find_obstacle, refuse_void
from services.invoice.errors import InvoiceNotFound
from services.invoice.store.duplicate import release_duplicate_key
from services.invoice.store.entitlement import period_of
from services.invoice.store.invoice import load_invoices_locked, update_invoices
from services.invoice.store.quota import QuotaMove, settle_quota
from services.invoice.store.void import (
    count_change,
    find_open_void,
    has_open_form,
    insert_void,
    load_void,
    postpone_void,
    settle_void,
)

_RETRIES = (0.5, 1, 2, 5, 15, 60)


class RequestVoid(Struct, frozen=True, kw_only=True):
    """`reason`: what the holder says about it, perhaps nothing."""

    tenant: TenantId
    actor: str
    void_id: UUID
    invoice_id: InvoiceId
    reason: str
    correlation: Correlation


async def request_void(tx: Tx, command: RequestVoid, *, rules: RulePack, now: datetime) -> Void | None:
    """The wish that the authority is to decide on, an earlier one if it is open; None: the invoice is voided already.

    Raises InvoiceNotFound, InvoiceNotVoidable. Locks the invoice.
    """
    tenant, invoice_id = command.tenant, command.invoice_id
    stored = (await load_invoices_locked(tx, [(tenant, invoice_id)])).get(invoice_id)
    if stored is None:
        raise InvoiceNotFound
    invoice, kind = stored.invoice, rules.kinds[stored.invoice.kind]
    if invoice.status is Status.VOIDED:
        return None
    earlier = await find_open_void(tx, tenant, invoice_id)
    if earlier is not None:
        return earlier
    is_form_open = await has_open_form(tx, tenant, invoice_id)
    obstacle = find_obstacle(invoice, kind, is_form_open=is_form_open, now=now)
    if obstacle is not None:
        raise refuse_void(invoice, kind, obstacle, now=now)
    void = Void(
        tenant=tenant,
        id=command.void_id,
        taxpayer_id=stored.taxpayer_id,
        invoice_id=invoice_id,
        actor=command.actor,
        reason=command.reason,
        correlation=command.correlation,
        requested_at=now,
    )
    await insert_void(tx, void)
    event = invoice_void_requested(invoice, void)
    await append(tx, event, tenant=tenant, subject=invoice_id, now=now, correlation=void.correlation)
    return void


async def finish_void(tx: Tx, claimed: Void, outcome: VoidOutcome, *, now: datetime) -> None:
    """The authority's word; a void that is settled already stays as it is."""
    key = (claimed.tenant, claimed.invoice_id)
    stored = (await load_invoices_locked(tx, [key]))[claimed.invoice_id]
    void = await load_void(tx, claimed.tenant, claimed.id, is_locked=True)
    if void.state is not VoidState.REQUESTED:
        return
    if outcome.error is None:
        await _void(tx, stored, void, now)
    else:
        await _refuse(tx, stored, void, outcome.error, now)


async def postpone(tx: Tx, void: Void, *, now: datetime) -> None:
    """The authority gave no answer: later again."""
    seconds = _RETRIES[min(void.attempts, len(_RETRIES)) - 1]
    await postpone_void(tx, void, until=now + timedelta(seconds=seconds))


async def _void(tx: Tx, stored: StoredInvoice, void: Void, now: datetime) -> None:
    """The number stays taken; quota and the guard against twins let go of the invoice."""
    invoice = void_invoice(stored.invoice, now=now)
    await update_invoices(tx, [replace(stored, invoice=invoice)], announced={invoice.id}, now=now)
    await release_duplicate_key(tx, void.tenant, invoice.id)
    if invoice.issue_date is not None:
        period, amount = period_of(invoice.issue_date), -invoice.totals.amount
        move = QuotaMove(void.tenant, void.taxpayer_id, period, amount, is_issued=True, is_reserved=False)
        await settle_quota(tx, [move])
    await settle_void(tx, void, VoidState.DONE, None, now=now)
    event = invoice_voided(invoice, void)
    await append(tx, event, tenant=void.tenant, subject=invoice.id, now=now, correlation=void.correlation)


async def _refuse(tx: Tx, stored: StoredInvoice, void: Void, error: AuthorityError, now: datetime) -> None:
    """Nothing changes but that nobody waits any more."""
    await count_change(tx, void)
    await settle_void(tx, void, VoidState.REFUSED, error, now=now)
    event = invoice_void_refused(stored.invoice, error)
    subject = stored.invoice.id
    await append(tx, event, tenant=void.tenant, subject=subject, now=now, correlation=void.correlation)
