"""Issue the red invoice of a form, and tell the blue one how much of it is taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from libs.common.clock import shanghai_day
from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.idempotency import IdempotentRequest, created
from libs.common.ids import InvoiceId, TenantId
from libs.common.outbox import append
from services.invoice.correction_events import invoice_reversed
from services.invoice.domain.encoding import encode_invoice
from services.invoice.domain.invoice import AuthorityState, Invoice, NumberChannel, Reversal, Status
from services.invoice.domain.kinds import STOCKED
from services.invoice.domain.lifecycle import accept, issue, reverse
from services.invoice.domain.numbering import Numbering
from services.invoice.domain.red_form import give_back, use_form
from services.invoice.domain.red_invoice import (
    check_reversible,
    draft_red_invoice,
    measure_reversal,
    quota_freed,
)
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.domain.stored_red_form import StoredRedForm
from services.invoice.errors import RedFormNotRegistered
from services.invoice.events import invoice_accepted, invoice_issued
from services.invoice.store.correction import mark_red, save_reversal
from services.invoice.store.duplicate import release_duplicate_key
from services.invoice.store.entitlement import consume, consume_stock
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.issue import Issue, save_issues
from services.invoice.store.red_form import load_red_form, load_red_lines, update_red_form
from services.invoice.store.taxpayer import load_taxpayer


class IssueRedInvoice(Struct, frozen=True, kw_only=True):
    """`key` is claimed by the caller, or empty."""

    tenant: TenantId
    actor: str
    form_id: UUID
    invoice_id: InvoiceId
    rules: RulePack
    promise: timedelta
    key: IdempotentRequest
    correlation: Correlation


async def issue_red_invoice(tx: Tx, command: IssueRedInvoice, *, now: datetime) -> StoredInvoice:
    """At once with a number of the block, or pending; the form is used.

    Raises RedFormNotFound, RedFormStateConflict, RedFormNotRegistered, QuotaUnknown, NumbersExhausted.
    """
    known = await load_red_form(tx, command.tenant, command.form_id)
    blue = (await load_invoices_locked(tx, [(command.tenant, known.form.invoice_id)]))[known.form.invoice_id]
    form = await load_red_form(tx, command.tenant, command.form_id, is_locked=True)
    used = replace(form, form=use_form(form.form, command.invoice_id, now=now), task=None)
    check_reversible(blue.invoice)
    if form.task is not None:
        # The bureau would refuse the red invoice of a form whose last step it has not heard of.
        raise RedFormNotRegistered(retry_after=1)
    red = await _build(tx, command, blue, form, now)
    await _save(tx, command, red)
    await update_red_form(tx, used, next_attempt_at=None)
    if red.invoice.status is Status.ISSUED:
        await reverse_blue(tx, blue, red, now=now)
    return red


async def _build(
    tx: Tx, command: IssueRedInvoice, blue: StoredInvoice, form: StoredRedForm, now: datetime
) -> StoredInvoice:
    day = shanghai_day(now)
    taxpayer = await load_taxpayer(tx, command.tenant, blue.taxpayer_id)
    channel = taxpayer.channel_for(blue.invoice.kind)
    freed = quota_freed(form.form, blue.invoice.issue_date, day)
    draft = draft_red_invoice(command.invoice_id, blue.invoice, form.form, channel=channel, now=now)
    # A reservation is never negative: where the authority assigns the number, quota is freed when it has.
    taken = freed if channel is NumberChannel.LOCAL_BLOCKS else Decimal(0)
    if draft.kind in STOCKED:
        entitlement = await consume_stock(tx, taxpayer, draft.kind, amount=taken, count=1, day=day)
    else:
        entitlement = await consume(tx, command.tenant, taxpayer.id, amount=taken, count=1, day=day)
    (number,) = entitlement.numbers
    expected_final_by = now + command.promise
    if number is None:
        invoice = accept(draft, expected_final_by=expected_final_by, now=now)
    else:
        numbering = Numbering(number.number, day, command.rules.qr_code(draft.kind), number.code)
        invoice = issue(draft, numbering, expected_final_by=expected_final_by, now=now)
    return StoredInvoice(command.tenant, blue.taxpayer_id, command.actor, now, blue.deliver, invoice, freed)


async def _save(tx: Tx, command: IssueRedInvoice, red: StoredInvoice) -> None:
    invoice = red.invoice
    event = invoice_accepted(red) if invoice.number is None else invoice_issued(red)
    answer = created(encode_invoice(invoice), f"/v1/invoices/{invoice.id}")
    issues = [Issue(red, invoice.id.hex, event, command.correlation, command.key, answer)]
    await save_issues(tx, issues)
    if invoice.red is not None:
        await mark_red(tx, red.tenant, invoice.id, invoice.red, red.quota_amount or Decimal(0))


async def reverse_blue(tx: Tx, blue: StoredInvoice, red: StoredInvoice, *, now: datetime) -> None:
    """The locked blue invoice after one more red one is issued; announced."""
    lines = await load_red_lines(tx, blue.tenant, blue.invoice.id)
    reversal, left = measure_reversal(blue.invoice, lines)
    after: Invoice = reverse(blue.invoice, reversal)
    await save_reversal(tx, blue.tenant, after, now=now)
    if reversal is Reversal.FULL:
        await release_duplicate_key(tx, blue.tenant, after.id)
    event = invoice_reversed(replace(blue, invoice=after), red, left)
    await append(tx, event, tenant=blue.tenant, subject=after.id, now=now)


async def settle_reds(tx: Tx, reds: Sequence[StoredInvoice], *, now: datetime) -> None:
    """After the authority's final word on red invoices: the blue is reversed, or the form is asked about."""
    found = await load_invoices_locked(tx, [(red.tenant, red.invoice.id) for red in reds]) if reds else {}
    for red in found.values():
        if red.invoice.red is None:
            continue
        if red.invoice.authority.state is AuthorityState.REFUSED:
            await _give_back(tx, red, now)
        elif red.invoice.authority.channel is NumberChannel.LOCAL_BLOCKS:
            continue
        elif red.invoice.status is Status.ISSUED:
            blue_id = red.invoice.red.blue_id
            blue = (await load_invoices_locked(tx, [(red.tenant, blue_id)]))[blue_id]
            await reverse_blue(tx, blue, red, now=now)


async def _give_back(tx: Tx, red: StoredInvoice, now: datetime) -> None:
    """A form whose red invoice has no number can be used again; of one that has, the authority may have another."""
    if red.invoice.red is None:
        return
    stored = await load_red_form(tx, red.tenant, red.invoice.red.form_id, is_locked=True)
    if stored.form.red_invoice_id == red.invoice.id:
        form = give_back(stored.form, now=now) if red.invoice.number is None else stored.form
        await update_red_form(tx, replace(stored, form=form), next_attempt_at=now)
