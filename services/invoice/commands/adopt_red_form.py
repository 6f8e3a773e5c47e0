"""What the bureau has done without being asked: forms that buyers entered, red invoices that it issued by itself."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from libs.common.clock import shanghai_day
from libs.common.context import new_correlation
from libs.common.db import Tx
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import InvoiceId, TaxpayerId, TenantId, new_id
from libs.common.outbox import append
from services.invoice.commands.issue_red_invoice import reverse_blue
from services.invoice.correction_events import red_form_changed, red_superseded
from services.invoice.domain.invoice import Invoice
from services.invoice.domain.lifecycle import accept, assign_number, submit, supersede
from services.invoice.domain.numbering import Numbering
from services.invoice.domain.red_authority import ListedForm
from services.invoice.domain.red_form import (
    CONFIRMATION_PERIOD,
    Initiator,
    RedForm,
    RegisteredForm,
    give_back,
    use_form,
)
from services.invoice.domain.red_invoice import draft_red_invoice, is_superseded, quota_freed
from services.invoice.domain.red_pricing import add_up_red, list_rests, print_listed_lines
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.domain.stored_red_form import StoredRedForm
from services.invoice.events import invoice_issued
from services.invoice.store.correction import delete_submission, find_by_number, mark_red
from services.invoice.store.entitlement import period_of
from services.invoice.store.invoice import load_invoices_locked, update_invoices
from services.invoice.store.issue import Issue, save_issues
from services.invoice.store.quota import QuotaMove, settle_quota
from services.invoice.store.red_form import insert_red_form, load_red_form, update_red_form
from services.invoice.store.taxpayer import load_taxpayer

_AUTHORITY = "authority"


async def adopt_buyer_form(
    tx: Tx, tenant: TenantId, taxpayer_id: TaxpayerId, listed: ListedForm, *, now: datetime
) -> bool:
    """A form of the bureau's list that a buyer entered; False if it is known or concerns no invoice of ours."""
    invoice_id = await find_by_number(tx, tenant, listed.invoice_number)
    if invoice_id is None:
        return False
    blue = (await load_invoices_locked(tx, [(tenant, invoice_id)]))[invoice_id]
    lines = print_listed_lines(list_rests(blue.invoice, ()), listed.lines)
    form = RedForm(
        id=UUID(hex=listed.serial),
        state=listed.registered.state,
        initiator=Initiator.BUYER,
        invoice_id=invoice_id,
        invoice_number=listed.invoice_number,
        reason=listed.reason,
        lines=lines,
        totals=add_up_red(lines),
        expires_at=now + CONFIRMATION_PERIOD,
        confirmation_number=listed.registered.confirmation_number,
        uuid=listed.registered.uuid,
        created_at=now,
        updated_at=now,
    )
    stored = StoredRedForm(
        tenant=tenant,
        taxpayer_id=taxpayer_id,
        actor="buyer",
        correlation=new_correlation(),
        request_key=f"bureau:{listed.serial}",
        form=form,
        task=None,
    )
    if not await insert_red_form(tx, stored):
        return False
    event = red_form_changed(form, blue.invoice.reference or "", "buyer")
    await append(tx, event, tenant=tenant, subject=invoice_id, now=now, correlation=stored.correlation)
    return True


async def lock_reversal(tx: Tx, known: StoredRedForm) -> tuple[StoredInvoice, StoredInvoice | None]:
    """The blue invoice and the form's red one, if it is used: before the form itself, as by whoever issues one."""
    blue_id, ours_id = known.form.invoice_id, known.form.red_invoice_id
    wanted = [(known.tenant, each) for each in (blue_id, ours_id) if each is not None]
    invoices = await load_invoices_locked(tx, wanted)
    return invoices[blue_id], None if ours_id is None else invoices[ours_id]


async def accept_issued_red(
    tx: Tx, known: StoredRedForm, registered: RegisteredForm, rules: RulePack, *, now: datetime
) -> None:
    """The red invoice that the bureau issued by itself becomes one of ours, even where it refused ours for that.

    Nothing if the form is used already.
    """
    blue, ours = await lock_reversal(tx, known)
    form = await load_red_form(tx, known.tenant, known.form.id, is_locked=True)
    if registered.red_number is None or form.form.red_invoice_id != known.form.red_invoice_id:
        return
    if ours is not None:
        if not is_superseded(ours.invoice, registered.red_number):
            return
        await _supersede(tx, ours, registered.red_number, now)
        form = replace(form, form=give_back(form.form, now=now))
    red = await _number(tx, blue, form, registered, rules=rules, now=now)
    invoice = red.invoice
    key = IdempotentRequest("", "", b"")
    issue = Issue(red, invoice.id.hex, invoice_issued(red), form.correlation, key, None)
    await save_issues(tx, [issue])
    await delete_submission(tx, red.tenant, invoice.id)
    freed = red.quota_amount or Decimal(0)
    if invoice.red is not None:
        await mark_red(tx, red.tenant, invoice.id, invoice.red, freed)
    period = period_of(shanghai_day(registered.issued_at or now))
    move = QuotaMove(red.tenant, red.taxpayer_id, period, freed, is_issued=True, is_reserved=False)
    await settle_quota(tx, [move])
    used = replace(form, form=use_form(form.form, invoice.id, now=now), task=None)
    await update_red_form(tx, used, next_attempt_at=None)
    await reverse_blue(tx, blue, red, now=now)


async def _supersede(tx: Tx, ours: StoredInvoice, red_number: str, now: datetime) -> None:
    """Our refused red invoice is given up; the quota that it freed is used again until the bureau's own frees it."""
    invoice = supersede(ours.invoice, now=now)
    await update_invoices(tx, [replace(ours, invoice=invoice)], announced={invoice.id}, now=now)
    if invoice.issue_date is not None:
        period, taken = period_of(invoice.issue_date), -(ours.quota_amount or Decimal(0))
        move = QuotaMove(ours.tenant, ours.taxpayer_id, period, taken, is_issued=True, is_reserved=False)
        await settle_quota(tx, [move])
    event = red_superseded(invoice, red_number)
    await append(tx, event, tenant=ours.tenant, subject=invoice.id, now=now)


async def _number(
    tx: Tx,
    blue: StoredInvoice,
    form: StoredRedForm,
    registered: RegisteredForm,
    *,
    rules: RulePack,
    now: datetime,
) -> StoredInvoice:
    """As if it had been submitted and answered."""
    taxpayer = await load_taxpayer(tx, form.tenant, form.taxpayer_id)
    day = shanghai_day(registered.issued_at or now)
    draft = draft_red_invoice(InvoiceId(new_id()), blue.invoice, form.form, channel=taxpayer.channel, now=now)
    pending = submit(accept(draft, expected_final_by=now + timedelta(0), now=now), now=now)
    numbering = Numbering(registered.red_number or "", day, rules.qr_code(draft.kind))
    invoice: Invoice = assign_number(pending, numbering, now=now)
    freed = quota_freed(form.form, blue.invoice.issue_date, day)
    return StoredInvoice(form.tenant, form.taxpayer_id, _AUTHORITY, now, blue.deliver, invoice, freed)
