"""What the timeline says about each event, in both languages."""

from typing import NamedTuple

from libs.common.contracts import Contract
from libs.common.contracts.invoice import (
    InvoiceAccepted,
    InvoiceAuthorityDelayed,
    InvoiceConfirmed,
    InvoiceDuplicateAllowed,
    InvoiceIssued,
    InvoiceNoted,
    InvoiceOverdue,
    InvoiceRejected,
    InvoiceResubmitted,
    InvoiceTagged,
)
from libs.common.contracts.invoice_corrections import (
    InvoiceRedFormChanged,
    InvoiceReversed,
    InvoiceVoided,
    InvoiceVoidRefused,
    InvoiceVoidRequested,
)
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.contracts.support import CopyRequested, TicketChanged, TicketOpened
from services.invoice.domain.red_form import NAMES, RedFormState

_REVERSALS = {"partial": "部分", "full": "全额"}


class Description(NamedTuple):
    """`actor` None: the service itself did it."""

    summary: str
    summary_zh: str
    actor: str | None = None


def describe(payload: Contract) -> Description:  # noqa: PLR0911 - one case an event
    """Total over the events that concern an invoice; an unknown one is named by its type."""
    match payload:
        case InvoiceAccepted():
            return Description(
                "Accepted; the authority assigns the number", "已受理，等待税局赋号", payload.actor
            )
        case InvoiceIssued():
            number = _number(payload.code, payload.number)
            return Description(f"Issued under number {number}", f"已开具，号码 {number}", payload.actor)
        case InvoiceDuplicateAllowed():
            earlier = payload.earlier_number or payload.earlier_id
            return Description(
                f"Issued although {earlier} says the same",
                f"已确认与 {earlier} 内容相同，仍然开具",
                payload.actor,
            )
        case InvoiceConfirmed():
            return Description("Confirmed by the authority", "税局已确认", "authority")
        case InvoiceRejected():
            return Description(
                f"Refused by the authority: {payload.reason}", f"税局已拒绝：{payload.reason_zh}", "authority"
            )
        case InvoiceAuthorityDelayed():
            return _describe_delay(payload)
        case InvoiceResubmitted():
            return Description(
                f"Submitted again under the same number: {payload.reason}",
                f"以原号码重新上传：{payload.reason}",
                payload.actor,
            )
        case InvoiceOverdue():
            return Description(
                "Late: the authority's final word did not come in time", "未能在承诺时间内得到税局最终结果"
            )
        case InvoiceTagged():
            words = " ".join([*(f"+{tag}" for tag in payload.added), *(f"-{tag}" for tag in payload.removed)])
            return Description(f"Tags changed: {words}", f"标签变更：{words}", payload.actor)
        case InvoiceNoted():
            return Description("Note added", "已添加备注", payload.actor)
        case _:
            return _describe_correction(payload)


def _describe_delay(payload: InvoiceAuthorityDelayed) -> Description:
    """Why the authority's word does not come."""
    if payload.authority_state != "waiting_operator":
        return Description(
            "The authority did not answer; its outcome is being asked for", "税局未答复，正在查询结果"
        )
    if payload.reason_code in {"login-needed", ""}:
        return Description("An operator has to sign in at the authority", "等待开票员登录电子税务局")
    return Description(
        f"Waits, to be sent again by itself: {payload.last_error}",
        f"等待条件满足后自动重新提交：{payload.last_error_zh}",
        "authority",
    )


def _describe_correction(payload: Contract) -> Description:
    """What takes an invoice back."""
    match payload:
        case InvoiceReversed():
            number, part = _number(payload.red_code, payload.red_number), payload.reversal
            return Description(
                f"Reversed ({part}) by red invoice {number}",
                f"已{_REVERSALS[part]}冲红，红字发票 {number}",
                payload.actor,
            )
        case InvoiceRedFormChanged():
            name_zh, name = NAMES[RedFormState(payload.state)]
            form = payload.confirmation_number or payload.form_id
            return Description(
                f"Red-letter form {form}: {name}", f"红字信息确认单 {form}：{name_zh}", payload.actor
            )
        case InvoiceVoidRequested() | InvoiceVoidRefused() | InvoiceVoided():
            return _describe_void(payload)
        case _:
            return _describe_neighbour(payload)


def _number(code: str | None, number: str) -> str:
    return number if code is None else f"{code} {number}"


def _describe_void(payload: InvoiceVoidRequested | InvoiceVoidRefused | InvoiceVoided) -> Description:
    """What is said is repeated; that nothing is said is not."""
    if isinstance(payload, InvoiceVoidRefused):
        return Description(
            f"Not voided, the authority refused: {payload.reason}",
            f"税局不予作废：{payload.reason_zh}",
            "authority",
        )
    said, said_zh = (f": {payload.reason}", f"：{payload.reason}") if payload.reason else ("", "")
    if isinstance(payload, InvoiceVoided):
        return Description(f"Voided{said}", f"已作废{said_zh}", payload.actor)
    return Description(f"Void requested{said}", f"已申请作废{said_zh}", payload.actor)


def _describe_neighbour(payload: Contract) -> Description:  # noqa: PLR0911 - one case an event
    """What the other services have done."""
    match payload:
        case DocumentsReady():
            return _describe_documents(payload)
        case DocumentFailed():
            name = payload.format.upper()
            return Description(f"{name} failed: {payload.reason}", f"{name} 生成失败：{payload.reason_zh}")
        case DeliverySent():
            return _describe_sent(payload)
        case DeliveryFailed():
            to = f"{payload.channel} {payload.masked_to}"
            return Description(f"Not sent by {to}: {payload.reason}", f"发送失败：{to}（{payload.reason}）")
        case CopyRequested():
            return _describe_copy(payload)
        case TicketOpened():
            ticket = f"#{payload.ticket_number}"
            return Description(f"Ticket {ticket} opened", f"已创建工单 {ticket}", payload.opened_by)
        case TicketChanged():
            ticket = f"#{payload.ticket_number}"
            return Description(
                f"Ticket {ticket}: {payload.change}", f"工单 {ticket}：{payload.change}", payload.actor
            )
        case _:
            return Description(payload.TYPE, payload.TYPE)


def _describe_sent(payload: DeliverySent) -> Description:
    """To whom, with which formats, and who had it sent again."""
    to, names = f"{payload.channel} {payload.masked_to}", [name.upper() for name in payload.formats]
    enclosed, enclosed_zh = (f": {', '.join(names)}", f"（{'、'.join(names)}）") if names else ("", "")
    actor = None if payload.requested_by == "invoice" else payload.requested_by
    return Description(f"Sent by {to}{enclosed}", f"已发送：{to}{enclosed_zh}", actor)


def _describe_copy(payload: CopyRequested) -> Description:
    names, ticket = [name.upper() for name in payload.formats], f"#{payload.ticket_number}"
    to, to_zh = ("the buyer", "购买方") if payload.to == "buyer" else ("the owners", "账户所有者")
    return Description(
        f"Ticket {ticket}: support sends the {', '.join(names)} to {to}",
        f"工单 {ticket}：客服向{to_zh}补发 {'、'.join(names)} 文件",
        payload.actor,
    )


def _describe_documents(payload: DocumentsReady) -> Description:
    """Formats of one version together: PDF, OFD, XML; a later version by its number, and why somebody wanted it."""
    parts, parts_zh = [], []
    for version in sorted({one.version for one in payload.documents}):
        documents = [one for one in payload.documents if one.version == version]
        formats = [one.format.upper() for one in documents]
        reason = "; ".join(sorted({one.reason for one in documents if one.reason}))
        is_first, is_one = version == 1, len(formats) == 1
        verb, of = "is" if is_one else "are", "" if is_first else f", version {version}"
        why, why_zh = (f" ({reason})", f"（{reason}）") if reason else ("", "")
        parts.append(f"{', '.join(formats)} {verb} ready{of}{why}")
        parts_zh.append(f"{'、'.join(formats)} 文件{'' if is_first else f'第 {version} 版'}已生成{why_zh}")
    return Description("; ".join(parts), "；".join(parts_zh))
