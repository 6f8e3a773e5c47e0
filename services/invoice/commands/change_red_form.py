"""Steps of a red-letter form: what our side decides, what the bureau says, and what time does."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.outbox import append
from services.invoice.correction_events import red_form_changed
from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.red_form import (
    LIVE,
    WAITING,
    Action,
    RedForm,
    RegisteredForm,
    give_up,
    is_overdue,
    take_over,
    take_step,
)
from services.invoice.domain.stored_red_form import StoredRedForm, Task
from services.invoice.store.correction import delete_drafts, load_reference
from services.invoice.store.red_form import load_red_form, update_red_form

_TOLD = {
    Action.SELLER_CONFIRMS: Task.CONFIRM,
    Action.SELLER_REJECTS: Task.REJECT,
    Action.SELLER_REVOKES: Task.REVOKE,
}
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=1)
_IDLE = timedelta(seconds=5)
_RETRIES = (0.5, 1, 2, 5, 15, 60)


async def change_red_form(
    tx: Tx, tenant: TenantId, form_id: UUID, action: Action, *, actor: str, now: datetime
) -> RedForm:
    """Our side's decision; the bureau is told by the worker. Raises RedFormNotFound, RedFormStateConflict."""
    stored = await load_red_form(tx, tenant, form_id, is_locked=True)
    form = take_step(stored.form, action, now=now)
    is_known = form.confirmation_number is not None
    # A form whose application may be under way is first applied for, then revoked.
    task = _TOLD[action] if is_known or stored.task is not Task.APPLY else stored.task
    changed = replace(stored, form=form, task=task, attempts=0)
    await _save(tx, changed, actor=actor, next_attempt_at=now, now=now)
    return form


async def take_over_form(
    tx: Tx, claimed: StoredRedForm, registered: RegisteredForm, *, now: datetime
) -> StoredRedForm:
    """The bureau's word on a form; a decision of ours that it has not heard yet is told to it next."""
    stored = await load_red_form(tx, claimed.tenant, claimed.form.id, is_locked=True)
    if stored.form.version != claimed.form.version:
        # Something was decided while the bureau was spoken to: its word is older than that.
        pause = None if stored.form.red_invoice_id else now
        await update_red_form(tx, stored, next_attempt_at=pause)
        return claimed
    is_decided = stored.form.state not in LIVE and registered.state in LIVE
    if is_decided:
        form = replace(stored.form, confirmation_number=registered.confirmation_number, uuid=registered.uuid)
        changed = replace(stored, form=form, task=Task.REVOKE)
        await update_red_form(tx, changed, next_attempt_at=now)
        return changed
    form = take_over(stored.form, registered, now=now)
    if is_overdue(form, now=now):
        form = take_step(form, Action.EXPIRE, now=now)
    changed = replace(stored, form=form, task=None)
    if form != stored.form:
        await _save(tx, changed, actor="authority", next_attempt_at=next_question(form, now), now=now)
    else:
        await update_red_form(tx, changed, next_attempt_at=next_question(form, now))
    return changed


async def refuse_form(
    tx: Tx, tenant: TenantId, form_id: UUID, error: AuthorityError, *, now: datetime
) -> None:
    """The bureau will not have the form, or not the step: what it held is free again."""
    stored = await load_red_form(tx, tenant, form_id, is_locked=True)
    if stored.form.state not in LIVE:
        await update_red_form(tx, replace(stored, task=None), next_attempt_at=None)
        return
    changed = replace(stored, form=give_up(stored.form, error, now=now), task=None)
    await _save(tx, changed, actor="authority", next_attempt_at=None, now=now)


async def postpone_form(tx: Tx, tenant: TenantId, form_id: UUID, *, now: datetime) -> None:
    """No answer that helps: later again. A form that waits too long expires without the bureau."""
    stored = await load_red_form(tx, tenant, form_id, is_locked=True)
    if is_overdue(stored.form, now=now):
        changed = replace(stored, form=take_step(stored.form, Action.EXPIRE, now=now), task=None)
        await _save(tx, changed, actor="invoice", next_attempt_at=None, now=now)
        return
    seconds = _RETRIES[min(max(stored.attempts, 1), len(_RETRIES)) - 1]
    await update_red_form(tx, stored, next_attempt_at=now + timedelta(seconds=seconds))


def next_question(form: RedForm, now: datetime) -> datetime | None:
    """When the bureau is asked again: often while the form is young and waits, never once it is over or used."""
    if form.state not in LIVE or form.red_invoice_id is not None:
        return None
    pause = min(max((now - form.created_at) / 100, _SHORTEST if form.state in WAITING else _IDLE), _LONGEST)
    return now + pause


async def _save(
    tx: Tx, stored: StoredRedForm, *, actor: str, next_attempt_at: datetime | None, now: datetime
) -> None:
    form = stored.form
    if form.state not in LIVE and form.replacement_id is not None:
        await delete_drafts(tx, stored.tenant, [form.replacement_id])
    await update_red_form(tx, stored, next_attempt_at=next_attempt_at)
    reference = await load_reference(tx, stored.tenant, form.invoice_id)
    event = red_form_changed(form, reference, actor)
    await append(
        tx, event, tenant=stored.tenant, subject=form.invoice_id, now=now, correlation=stored.correlation
    )
