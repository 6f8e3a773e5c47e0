"""Problems of the invoice service that a client may be told."""

from libs.common.problems import Conflict


class InvoiceStateConflict(Conflict):
    """Values: `status`, `authority_state`, `transition`."""

    code = "invoice-state-conflict"
    title = "The invoice's present state does not allow this step"
    title_zh = "发票当前状态不允许该操作"
    remedy = "Load the invoice again and decide on its present state."
    remedy_zh = "请重新读取发票，依据最新状态再决定。"


class DuplicateReference(Conflict):
    """Values: `invoice_id` and `number` of the earlier invoice."""

    code = "duplicate-reference"
    title = "An invoice with this reference exists"
    title_zh = "该单据编号已开具过发票"
    remedy = "Use the earlier invoice, or a new reference if this is another sale."
    remedy_zh = "请使用已开具的发票；若为另一笔业务，请使用新的单据编号。"


class DuplicateInvoice(Conflict):
    """Values: `invoice_id` and `number` of the earlier invoice."""

    code = "duplicate-invoice"
    title = "An invoice that says the same was issued today"
    title_zh = "今日已开具内容相同的发票"
    remedy = "Use the earlier invoice; give each sale its own reference if both are meant."
    remedy_zh = "请使用已开具的发票；若确为两笔业务，请分别填写单据编号。"


class QuotaExceeded(Conflict):
    """Values: `period`, `available`, `requested` (sums without tax)."""

    code = "quota-exceeded"
    title = "The taxpayer's monthly invoice quota does not cover this invoice"
    title_zh = "本月发票总额度不足"
    remedy = "Ask the tax bureau to raise the quota, or issue in the next month."
    remedy_zh = "请向税务机关申请调整额度，或于次月开具。"
