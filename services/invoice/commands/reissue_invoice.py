"""Reissue: the red invoice of the old one and the new invoice in its place, in one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from libs.common.db import Tx
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import InvoiceId, TaxpayerId, TenantId, new_id
from services.invoice.commands.issue_invoice import IssueRequest, issue_invoices
from services.invoice.commands.issue_red_invoice import IssueRedInvoice, issue_red_invoice
from services.invoice.domain.invoice import Invoice
from services.invoice.domain.lifecycle import draft_invoice
from services.invoice.domain.pricing import price_invoice
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.domain.stored_red_form import StoredRedForm
from services.invoice.store.correction import delete_drafts, insert_draft, link_replacement
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.red_form import load_red_form
from services.invoice.store.taxpayer import load_taxpayer

_NO_KEY = IdempotentRequest("", "", b"")


class Reissuing(Struct, frozen=True):
    """What today's rules are, and how soon the authority's word is promised."""

    rules: Callable[[], RulePack]
    promise: timedelta


async def lock_reissue(tx: Tx, tenant: TenantId, form_id: UUID) -> StoredRedForm:
    """The form as it is now; request and worker wait for each other here, the blue invoice locked first."""
    known = await load_red_form(tx, tenant, form_id)
    await load_invoices_locked(tx, [(tenant, known.form.invoice_id)])
    return await load_red_form(tx, tenant, form_id, is_locked=True)


async def finish_reissue(tx: Tx, stored: StoredRedForm, reissuing: Reissuing, *, now: datetime) -> None:
    """Issue both invoices of a locked form that may be used; nothing if that is done.

    Raises what issuing raises: RedFormStateConflict, RedFormNotRegistered, QuotaExceeded, DuplicateReference …
    """
    form = stored.form
    if form.red_invoice_id is not None or form.replacement_id is None or stored.replacement is None:
        return
    rules = reissuing.rules()
    red = IssueRedInvoice(
        tenant=stored.tenant,
        actor=stored.actor,
        form_id=form.id,
        invoice_id=InvoiceId(new_id()),
        rules=rules,
        promise=reissuing.promise,
        key=_NO_KEY,
        correlation=stored.correlation,
    )
    await issue_red_invoice(tx, red, now=now)
    await delete_drafts(tx, stored.tenant, [form.replacement_id])
    priced = price_invoice(stored.replacement, rules)
    wanted = IssueRequest(
        tenant=stored.tenant,
        actor=stored.actor,
        invoice_id=form.replacement_id,
        priced=priced,
        qr_kind=rules.qr_code(priced.command.kind),
        promise=reissuing.promise,
        correlation=stored.correlation,
        key=_NO_KEY,
        replaces=form.invoice_id,
    )
    await issue_invoices(tx, [wanted], now=now)
    await link_replacement(tx, stored.tenant, form.invoice_id, form.replacement_id)


async def keep_replacement(tx: Tx, stored: StoredRedForm, reissuing: Reissuing, *, now: datetime) -> Invoice:
    """The new invoice as a draft that can be looked at until the old one may be taken back."""
    if stored.replacement is None or stored.form.replacement_id is None:
        raise ValueError("the form replaces no invoice")
    taxpayer_id = TaxpayerId(stored.replacement.taxpayer_id or stored.taxpayer_id)
    taxpayer = await load_taxpayer(tx, stored.tenant, taxpayer_id)
    priced = price_invoice(stored.replacement, reissuing.rules())
    channel = taxpayer.channel_for(priced.command.kind)
    draft = draft_invoice(stored.form.replacement_id, taxpayer.seller, priced, channel=channel, now=now)
    draft = replace(draft, replaces=stored.form.invoice_id)
    deliver = priced.command.deliver
    kept = StoredInvoice(stored.tenant, taxpayer.id, stored.actor, now, deliver, draft)
    await insert_draft(tx, kept, expected_final_by=stored.form.expires_at or now + reissuing.promise)
    return draft
