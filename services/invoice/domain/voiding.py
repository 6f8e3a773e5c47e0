"""Whether an invoice can be voided, until when, and what else leads to what its holder wants."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from libs.common.clock import SHANGHAI, rfc3339
from libs.common.context import Correlation
from libs.common.ids import InvoiceId, TaxpayerId, TenantId
from services.invoice.domain.invoice import AuthorityError, AuthorityState, Invoice, Reversal, Status
from services.invoice.domain.kinds import KindEntry
from services.invoice.errors import InvoiceNotReversible, InvoiceNotVoidable


class VoidState(StrEnum):
    """`requested`: the authority has not decided yet."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"


class Void(Struct, frozen=True, kw_only=True):
    """A wish to void an issued invoice; only the authority fulfils it."""

    tenant: TenantId
    id: UUID
    taxpayer_id: TaxpayerId
    invoice_id: InvoiceId
    actor: str
    reason: str
    correlation: Correlation
    requested_at: datetime
    state: VoidState = VoidState.REQUESTED
    attempts: int = 0
    last_error: AuthorityError | None = None


class Obstacle(StrEnum):
    """Why an invoice cannot be voided (`reason_code` of the problem)."""

    DRAFT = "draft"
    PENDING = "pending"
    REJECTED = "rejected"
    RED = "red_invoice"
    REVERSED = "reversed"
    KIND = "kind"
    PARTLY_REVERSED = "partly_reversed"
    NOT_AT_AUTHORITY = "upload_refused"
    FORM_OPEN = "red_form_open"
    WINDOW_OVER = "window_over"


class _Way(NamedTuple):
    """What to do instead, in both languages, and by which call."""

    text: str
    text_zh: str
    call: str | None


_REVERSE = "POST /v1/invoices/{id}/red-forms"
_REVERSE_IT = _Way(
    f"Take it back by a red invoice, whole or in part: {_REVERSE}.",
    f"请通过红字发票全部或部分冲红：{_REVERSE}。",
    _REVERSE,
)
_WAYS = {
    Obstacle.DRAFT: _Way(
        "It is a draft that is not issued yet; revoke its red-letter form and it is gone.",
        "该发票为尚未开具的草稿，撤销对应的红字信息确认单即可取消。",
        "POST /v1/red-forms/{id}/revoke",
    ),
    Obstacle.PENDING: _Way(
        f"Once it has its number, take it back by a red invoice: {_REVERSE}.",
        f"该发票正在等待赋码，开具成功后请红冲：{_REVERSE}。",
        _REVERSE,
    ),
    Obstacle.REJECTED: _Way(
        "It was rejected and never issued: issue it anew.", "该发票已被拒绝、从未开具，请重新开具。", None
    ),
    Obstacle.RED: _Way(
        "It is itself a red invoice; what it took back is issued anew as a blue one.",
        "该发票本身为红字发票，如需恢复请重新开具蓝字发票。",
        None,
    ),
    Obstacle.REVERSED: _Way(
        "Red invoices have taken all of it back already.", "该发票已全部红冲，无需再处理。", None
    ),
    Obstacle.KIND: _REVERSE_IT,
    Obstacle.PARTLY_REVERSED: _Way(
        f"Red invoices have taken part of it back; take back the rest in the same way: {_REVERSE}.",
        f"该发票已部分红冲，其余部分请继续红冲：{_REVERSE}。",
        _REVERSE,
    ),
    Obstacle.NOT_AT_AUTHORITY: _Way(
        "The authority refused its upload and knows nothing of it: submit it again first, then void it.",
        "税务机关拒绝了该发票的上传，请先重新上传，再行作废。",
        "POST /v1/invoices/{id}/resubmit",
    ),
    Obstacle.FORM_OPEN: _Way(
        "A red-letter form holds it: revoke the form first, or go on with it.",
        "该发票已被红字信息确认单占用，请先撤销确认单，或继续红冲。",
        "POST /v1/red-forms/{id}/revoke",
    ),
    Obstacle.WINDOW_OVER: _REVERSE_IT,
}

_WAIT_FOR_NUMBER = _Way(
    "It waits for its number: ask again once it has one.", "该发票正在等待赋码，请在开具成功后再作废。", None
)


def voidable_until(invoice: Invoice, kind: KindEntry) -> datetime | None:
    """The first instant when it is too late; None: never, or not known before it is issued."""
    if kind.void_window is None or invoice.red is not None or invoice.issue_date is None:
        return None
    first = invoice.issue_date.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return datetime(following.year, following.month, 1, tzinfo=SHANGHAI)


def find_obstacle(invoice: Invoice, kind: KindEntry, *, is_form_open: bool, now: datetime) -> Obstacle | None:
    """What stands in the way of voiding an invoice that is not voided; None: the authority can be asked."""
    until = voidable_until(invoice, kind)
    obstacles = {
        Obstacle.DRAFT: invoice.status is Status.DRAFT,
        Obstacle.REJECTED: invoice.status is Status.REJECTED,
        Obstacle.RED: invoice.red is not None,
        Obstacle.REVERSED: invoice.reversal is Reversal.FULL,
        Obstacle.PENDING: invoice.status is Status.PENDING,
        Obstacle.KIND: not kind.is_voidable,
        Obstacle.PARTLY_REVERSED: invoice.reversal is Reversal.PARTIAL,
        Obstacle.NOT_AT_AUTHORITY: invoice.authority.state is AuthorityState.REFUSED,
        Obstacle.FORM_OPEN: is_form_open,
        Obstacle.WINDOW_OVER: until is not None and now >= until,
    }
    return next((obstacle for obstacle, is_so in obstacles.items() if is_so), None)


def refuse_void(
    invoice: Invoice, kind: KindEntry, obstacle: Obstacle, *, now: datetime
) -> InvoiceNotVoidable:
    """The refusal: until when it was possible, and the way that is open."""
    is_early = obstacle is Obstacle.PENDING and kind.is_voidable
    way = _WAIT_FOR_NUMBER if is_early else _WAYS[obstacle]
    return _refusal(invoice, kind, way, reason_code=obstacle, now=now)


def refuse_by_authority(
    invoice: Invoice, kind: KindEntry, error: AuthorityError, *, now: datetime
) -> InvoiceNotVoidable:
    """The authority's no, in its own words; nothing has changed."""
    said = f"The authority refused: {error.detail}. {_REVERSE_IT.text}"
    said_zh = f"税务机关不予作废：{error.detail_zh}。{_REVERSE_IT.text_zh}"
    return _refusal(invoice, kind, _Way(said, said_zh, _REVERSE), reason_code=error.code, now=now)


def refuse_while_voiding(invoice: Invoice) -> InvoiceNotReversible:
    """No red-letter form begins while the authority has a void to decide on."""
    return InvoiceNotReversible(
        "The invoice is being voided; once the authority has refused that, it can be taken back.",
        detail_zh="该发票正在作废处理中；若税务机关不予作废，方可红冲。",
        invoice_status=invoice.status,
        authority_state=invoice.authority.state,
        is_red=False,
    )


def _refusal(
    invoice: Invoice, kind: KindEntry, way: _Way, *, reason_code: str, now: datetime
) -> InvoiceNotVoidable:
    until = voidable_until(invoice, kind)
    when, when_zh = _say_when(invoice, kind, until, now)
    return InvoiceNotVoidable(
        f"{when} {way.text}",
        detail_zh=f"{when_zh}{way.text_zh}",
        kind=invoice.kind,
        invoice_status=invoice.status,
        reason_code=reason_code,
        possible_until=None if until is None else rfc3339(until),
        alternative=way.call,
    )


def _say_when(invoice: Invoice, kind: KindEntry, until: datetime | None, now: datetime) -> tuple[str, str]:
    if not kind.is_voidable:
        return (
            f"An invoice of the kind {kind.name} can at no time be voided.",
            f"{kind.name_zh}自开具起即不可作废。",
        )
    if invoice.red is not None:
        return "A red invoice can at no time be voided.", "红字发票任何时候均不可作废。"
    if until is None:
        return (
            "An invoice of this kind can be voided until the end of its month of issue.",
            "该票种可在开票当月内作废。",
        )
    day = until - timedelta(days=1)
    verb, verb_zh = ("could", "仅可") if now >= until else ("can", "可")
    return (
        f"It {verb} be voided until the end of {day:%Y-%m-%d} (Asia/Shanghai).",
        f"该发票{verb_zh}在 {day:%Y-%m-%d}（北京时间）24:00 前作废。",
    )
