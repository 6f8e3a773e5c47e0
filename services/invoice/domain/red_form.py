"""The red-letter form (红字信息确认单): its ten states as a table, and its steps, which raise RedFormStateConflict.

A form without a confirmation number is not known to the bureau yet. A live form holds what it takes of the blue
invoice.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from libs.common.ids import InvoiceId
from services.invoice.domain.invoice import AuthorityError, InvoiceLine, Totals
from services.invoice.domain.red_reasons import RedReason
from services.invoice.errors import RedFormStateConflict

CONFIRMATION_PERIOD = timedelta(hours=72)


class RedFormState(StrEnum):
    """Bureau codes; the names are in NAMES."""

    READY = "01"
    WAITING_BUYER = "02"
    WAITING_SELLER = "03"
    CONFIRMED = "04"
    BUYER_REJECTED = "05"
    SELLER_REJECTED = "06"
    EXPIRED = "07"
    REVOKED = "08"
    REVOKED_AFTER_CONFIRMATION = "09"
    ABNORMAL = "10"


NAMES = {
    RedFormState.READY: ("无需确认", "No confirmation needed"),
    RedFormState.WAITING_BUYER: ("销方录入待购方确认", "Entered by the seller, waits for the buyer"),
    RedFormState.WAITING_SELLER: ("购方录入待销方确认", "Entered by the buyer, waits for the seller"),
    RedFormState.CONFIRMED: ("购销双方已确认", "Confirmed by both sides"),
    RedFormState.BUYER_REJECTED: ("作废（销方录入购方否认）", "Void: rejected by the buyer"),
    RedFormState.SELLER_REJECTED: ("作废（购方录入销方否认）", "Void: rejected by the seller"),
    RedFormState.EXPIRED: ("作废（超72小时未确认）", "Void: not confirmed within 72 hours"),
    RedFormState.REVOKED: ("作废（发起方撤销）", "Void: revoked by who entered it"),
    RedFormState.REVOKED_AFTER_CONFIRMATION: ("作废（确认后撤销）", "Void: revoked after confirmation"),
    RedFormState.ABNORMAL: ("作废（异常凭证）", "Void: abnormal"),
}


class Action(StrEnum):
    """What somebody does to a form; only the initiator revokes before the other side has confirmed."""

    BUYER_CONFIRMS = "buyer_confirms"
    BUYER_REJECTS = "buyer_rejects"
    BUYER_REVOKES = "buyer_revokes"
    SELLER_CONFIRMS = "seller_confirms"
    SELLER_REJECTS = "seller_rejects"
    SELLER_REVOKES = "seller_revokes"
    EXPIRE = "expire"
    INVALIDATE = "invalidate"
    ISSUE = "issue"


_S, _A = RedFormState, Action

# Every step that there is; each other pair is refused.
TRANSITIONS = {
    (_S.READY, _A.ISSUE): _S.READY,
    (_S.READY, _A.SELLER_REVOKES): _S.REVOKED,
    (_S.READY, _A.INVALIDATE): _S.ABNORMAL,
    (_S.WAITING_BUYER, _A.BUYER_CONFIRMS): _S.CONFIRMED,
    (_S.WAITING_BUYER, _A.BUYER_REJECTS): _S.BUYER_REJECTED,
    (_S.WAITING_BUYER, _A.SELLER_REVOKES): _S.REVOKED,
    (_S.WAITING_BUYER, _A.EXPIRE): _S.EXPIRED,
    (_S.WAITING_BUYER, _A.INVALIDATE): _S.ABNORMAL,
    (_S.WAITING_SELLER, _A.SELLER_CONFIRMS): _S.CONFIRMED,
    (_S.WAITING_SELLER, _A.SELLER_REJECTS): _S.SELLER_REJECTED,
    (_S.WAITING_SELLER, _A.BUYER_REVOKES): _S.REVOKED,
    (_S.WAITING_SELLER, _A.EXPIRE): _S.EXPIRED,
    (_S.WAITING_SELLER, _A.INVALIDATE): _S.ABNORMAL,
    (_S.CONFIRMED, _A.ISSUE): _S.CONFIRMED,
    (_S.CONFIRMED, _A.SELLER_REVOKES): _S.REVOKED_AFTER_CONFIRMATION,
    (_S.CONFIRMED, _A.BUYER_REVOKES): _S.REVOKED_AFTER_CONFIRMATION,
    (_S.CONFIRMED, _A.INVALIDATE): _S.ABNORMAL,
}
LIVE = frozenset({_S.READY, _S.WAITING_BUYER, _S.WAITING_SELLER, _S.CONFIRMED})
WAITING = frozenset({_S.WAITING_BUYER, _S.WAITING_SELLER})
ISSUABLE = frozenset({_S.READY, _S.CONFIRMED})


class Initiator(StrEnum):
    """录入方身份."""

    SELLER = "seller"
    BUYER = "buyer"


class RedForm(Struct, frozen=True, kw_only=True):
    """What is to be taken back of one blue invoice: `lines` and `totals` are negative, as the red invoice prints them.

    `replacement_id`: the invoice that is issued together with the red one (reissue). `expires_at`: while it waits.
    """

    id: UUID
    state: RedFormState
    initiator: Initiator
    invoice_id: InvoiceId
    invoice_number: str
    reason: RedReason
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    remarks: str = ""
    drawer: str = ""
    expires_at: datetime | None = None
    confirmation_number: str | None = None
    uuid: str | None = None
    red_invoice_id: InvoiceId | None = None
    replacement_id: InvoiceId | None = None
    last_error: AuthorityError | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1


class RegisteredForm(Struct, frozen=True):
    """The bureau's word on a form: its state there, its identity, and the red invoice it was used for."""

    state: RedFormState
    confirmation_number: str
    uuid: str
    red_number: str | None = None
    issued_at: datetime | None = None


def take_step(form: RedForm, action: Action, *, now: datetime) -> RedForm:
    """The form after one action; raises RedFormStateConflict where the table has none, or once it is used."""
    state = TRANSITIONS.get((form.state, action))
    if state is None or form.red_invoice_id is not None:
        raise _conflict(form, action)
    expires_at = form.expires_at if state in WAITING else None
    return replace(form, state=state, expires_at=expires_at, updated_at=now, version=form.version + 1)


def use_form(form: RedForm, red_invoice_id: InvoiceId, *, now: datetime) -> RedForm:
    """Its red invoice is issued; nothing can be done to it afterwards."""
    return replace(take_step(form, Action.ISSUE, now=now), red_invoice_id=red_invoice_id)


def give_back(form: RedForm, *, now: datetime) -> RedForm:
    """The authority refused the red invoice: the form may be used again."""
    return replace(form, red_invoice_id=None, updated_at=now, version=form.version + 1)


def take_over(form: RedForm, registered: RegisteredForm, *, now: datetime) -> RedForm:
    """What the bureau says holds, whatever was thought here; the same form if it says nothing new."""
    expires_at = form.expires_at
    if registered.state not in WAITING:
        expires_at = None
    elif expires_at is None:
        expires_at = now + CONFIRMATION_PERIOD
    taken = replace(
        form,
        state=registered.state,
        confirmation_number=registered.confirmation_number,
        uuid=registered.uuid,
        expires_at=expires_at,
        last_error=None,
    )
    return form if taken == form else replace(taken, updated_at=now, version=form.version + 1)


def give_up(form: RedForm, error: AuthorityError, *, now: datetime) -> RedForm:
    """The bureau will not register the form."""
    return replace(take_step(form, Action.INVALIDATE, now=now), last_error=error)


def is_overdue(form: RedForm, *, now: datetime) -> bool:
    """Not confirmed within 72 hours."""
    return form.state in WAITING and form.expires_at is not None and form.expires_at <= now


def _conflict(form: RedForm, action: Action) -> RedFormStateConflict:
    name_zh, name = NAMES[form.state]
    used, used_zh = ("", "") if form.red_invoice_id is None else (" and used", "，且已开具红字发票")
    return RedFormStateConflict(
        f"A form in state {form.state} ({name}){used} does not allow: {action.replace('_', ' ')}.",
        detail_zh=f"确认单状态为 {form.state}（{name_zh}）{used_zh}，不允许该操作（{action}）。",
        state=form.state,
        action=action,
        red_invoice_id=form.red_invoice_id and str(form.red_invoice_id),
    )
