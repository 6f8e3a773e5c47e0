"""Problems of the support service that a client may be told."""

from libs.common.problems import Conflict, Invalid


class TicketStateConflict(Conflict):
    """Values: `state` of the ticket and the `action` it refuses."""

    code = "ticket-state-conflict"
    title = "The ticket's present state does not allow this step"
    title_zh = "工单当前状态不允许该操作"
    remedy = "Reopen a closed ticket before you reply to it; only a closed ticket can be reopened."
    remedy_zh = "已关闭的工单请先重新打开再回复；只有已关闭的工单才能重新打开。"


class InvoiceUnknown(Invalid):
    """The ticket names an invoice that the tenant does not have."""

    code = "invoice-unknown"
    title = "The tenant has no such invoice"
    title_zh = "本租户没有该发票"
    remedy = "Give the 20-digit number or the id of one of your invoices; one issued a moment ago is known in seconds."
    remedy_zh = "请填写本租户发票的 20 位号码或编号；刚开具的发票请稍等数秒再试。"


class CopyImpossible(Conflict):
    """Values: `status` of the ticket's invoice (null: it is about none), `formats` asked for and those `ready`."""

    code = "copy-impossible"
    title = "There is nothing to send a copy of"
    title_zh = "没有可补发的文件"
    remedy = "A copy is sent of an issued invoice, in formats that are ready; the ticket shows both."
    remedy_zh = "仅可补发已开具发票中已生成的格式；两者均见工单。"


class AgentUnknown(Invalid):
    """The ticket is to be assigned to somebody who is no active user of the platform's support."""

    code = "agent-unknown"
    title = "There is no such support agent"
    title_zh = "没有该客服人员"
    remedy = "Give the user name or the id of an active support agent."
    remedy_zh = "请填写在职客服人员的用户名或编号。"
