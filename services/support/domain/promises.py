"""The promise `expected_final_by`: what a ticket says when it was missed, and how that ticket ends. Pure."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.clock import SHANGHAI
from libs.common.ids import TenantId
from services.support.domain.facts import InvoiceName
from services.support.domain.tickets import TicketText

_AUTHORITY_STATES_ZH = {
    "not_submitted": "尚未上传",
    "submitted": "已上传，等待确认",
    "outcome_unknown": "上传结果未知，正在查询",
    "waiting_operator": "等待处理（例如登录电子税务局或增加额度），之后自动继续",
}


@dataclass(frozen=True, slots=True)
class MissedPromise:
    """An invoice that was not final in time, and what its last known trouble was."""

    tenant: TenantId
    invoice: InvoiceName
    expected_final_by: datetime
    authority_state: str
    problem: str | None
    problem_zh: str | None
    has_ticket: bool
    """An earlier promise of it was missed too, and the ticket about that is still open."""


def missed_promise_text(missed: MissedPromise) -> TicketText:
    """Both languages, the Chinese first; the hour in Chinese time."""
    name = missed.invoice.number or missed.invoice.reference or str(missed.invoice.id)
    hour = missed.expected_final_by.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    state = missed.authority_state
    chinese = [
        f"发票 {name} 应于 {hour}（北京时间）前得到税务机关的最终结果，至今未完成。",
        f"税务机关状态：{_AUTHORITY_STATES_ZH.get(state, state)}。",
        f"最近的问题：{missed.problem_zh or missed.problem}。" if missed.problem else "",
        "平台已自动建立本工单并继续处理；发票完成后本工单会自动关闭。请勿重复开具。",
    ]
    english = [
        f"Invoice {name} should have had the tax authority's final answer by {hour} (Beijing time).",
        f"State at the authority: {state}.",
        f"Last problem: {missed.problem}." if missed.problem else "",
        "The platform opened this ticket and keeps trying; the ticket closes when the invoice is final.",
        "Do not issue the invoice again.",
    ]
    text = "\n\n".join("\n".join(filter(None, lines)) for lines in (chinese, english))
    return TicketText("promise", f"发票 {name} 未按时完成 / Invoice {name} is late", text[:5000])


CONFIRMED = "税务机关已确认该发票。 / The tax authority confirmed the invoice."


def refused(reason: str, reason_zh: str) -> str:
    """The note on a ticket whose invoice the authority refused."""
    return f"税务机关已拒绝该发票：{reason_zh} / The tax authority refused the invoice: {reason}"
