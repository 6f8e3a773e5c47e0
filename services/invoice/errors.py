"""Problems of the invoice service that a client may be told."""

from libs.common.problems import Conflict, Invalid, NotFound, Unavailable


class InvoiceStateConflict(Conflict):
    """Values: `invoice_status`, `authority_state`, `transition`."""

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
    remedy = "Use the earlier invoice; if both are meant, give each its own reference, or send allow_duplicate=true."
    remedy_zh = "请使用已开具的发票；若确为两笔业务，请分别填写单据编号，或加 allow_duplicate=true。"


class QuotaExceeded(Conflict):
    """Values: `period`, `needed`, `available`, `total` (sums without tax), `suspended`, `taxpayer_id`."""

    code = "quota-exceeded"
    title = "The taxpayer's monthly invoice quota does not cover this invoice"
    title_zh = "本月发票总额度不足"
    remedy = "Ask the tax bureau to raise the quota, or issue in the next month."
    remedy_zh = "请向税务机关申请调整额度，或于次月开具。"


class QuotaUnknown(Unavailable):
    """The month's quota has not been learnt from the bureau yet."""

    code = "quota-unknown"
    title = "The quota of this month is not known yet"
    title_zh = "尚未取得本月发票总额度"
    remedy = "Repeat the request after Retry-After seconds; the platform is asking the bureau."
    remedy_zh = "平台正在向税务机关查询额度，请在 Retry-After 秒后重试。"


class NumbersExhausted(Unavailable):
    """The taxpayer has no numbers left; a block is on order."""

    code = "numbers-exhausted"
    title = "The taxpayer has no invoice numbers left at the moment"
    title_zh = "发票号码暂时用尽"
    remedy = "Repeat the request after Retry-After seconds; a new block is on order."
    remedy_zh = "平台正在申领新的号段，请在 Retry-After 秒后重试。"


class AuthorityOutOfReach(Unavailable):
    """Values: `connector`: `login_needed` or `down`."""

    code = "authority-out-of-reach"
    title = "The authority cannot give this taxpayer's invoices their numbers at the moment"
    title_zh = "暂时无法从税务机关取得该纳税人的发票号码"
    remedy = "Have the taxpayer sign in at the tax bureau where login_needed is told; it goes on by itself."
    remedy_zh = "提示 login_needed 时请办税人员登录电子税务局；恢复后将自动继续。"


class RulePackNotFound(NotFound):
    """There is no rule pack that begins on this day."""


class InvoiceNotFound(NotFound):
    """The tenant has no invoice with this id."""


class TaxpayerNotFound(Invalid):
    """The body names a taxpayer that the tenant does not have, or the tenant has none yet."""

    code = "taxpayer-not-found"
    title = "The tenant has no such taxpayer"
    title_zh = "本租户没有该纳税人"
    remedy = "Use one of GET /v1/taxpayers, or leave taxpayer_id out to issue with the default one."
    remedy_zh = "请使用 GET /v1/taxpayers 中的纳税人；不填 taxpayer_id 则使用默认纳税人。"


class DuplicateTaxpayer(Conflict):
    """Values: `tax_id`."""

    code = "duplicate-taxpayer"
    title = "The tenant has a taxpayer with this tax id"
    title_zh = "该纳税人识别号已登记"
    remedy = "Use the taxpayer that exists."
    remedy_zh = "请使用已登记的纳税人。"


class JobNotFound(NotFound):
    """The tenant has no bulk job with this id."""


class JobStateConflict(Conflict):
    """Values: `job_status`, `action`."""

    code = "job-state-conflict"
    title = "The job's present state does not allow this"
    title_zh = "任务当前状态不允许该操作"
    remedy = "Load the job again and decide on its present state."
    remedy_zh = "请重新读取任务，依据最新状态再决定。"


class JobHasNoRows(Invalid):
    code = "job-has-no-rows"
    title = "There is no row to work on"
    title_zh = "没有可处理的行"
    remedy = "Send at least one invoice; retry rows that have failed."
    remedy_zh = "请至少提交一张发票；重试时请选择失败的行。"


class TooManyRows(Invalid):
    """Values: `limit`."""

    code = "too-many-rows"
    title = "The job has too many rows"
    title_zh = "任务行数超过上限"
    remedy = "Split the file and send it as several jobs."
    remedy_zh = "请拆分文件，分多个任务提交。"


class TableUnreadable(Invalid):
    """The file is no table that can be read: damaged, encrypted, too large once unpacked, or in an unknown encoding."""

    code = "table-unreadable"
    title = "The file cannot be read as a table"
    title_zh = "无法将文件读取为表格"
    remedy = "Save it again as XLSX or as CSV in UTF-8 or GB18030; start from the template."
    remedy_zh = "请重新另存为 XLSX，或 UTF-8、GB18030 编码的 CSV；可从模板开始填写。"


class ExportNotFound(NotFound):
    """The tenant has no export, schedule or check with this id."""


class ExportFileGone(NotFound):
    """The archive is not finished, or its time is over. Values: `export_status`, `expires_at`."""

    code = "export-file-not-available"
    title = "The archive of this export is not available"
    title_zh = "该导出文件当前不可下载"
    remedy = "Wait until the export is finished; order it again if it has expired."
    remedy_zh = "请等待导出完成；若已过期，请重新发起导出。"


class TooManyExports(Conflict):
    """Values: `most`."""

    code = "too-many-exports"
    title = "Too many exports of this tenant are under way"
    title_zh = "进行中的导出任务过多"
    remedy = "Wait until one of them has finished, or cancel one."
    remedy_zh = "请等待其中之一完成，或取消后再试。"


class ExportEnded(Conflict):
    """The export is at its end already. Values: `export_status`."""

    code = "export-ended"
    title = "The export is at its end already"
    title_zh = "该导出任务已结束"


class ExportNotFinished(Conflict):
    """There is no archive that could be checked. Values: `export_status`."""

    code = "export-not-finished"
    title = "The export is not finished"
    title_zh = "该导出任务尚未完成"
    remedy = "Check the export when its status is finished."
    remedy_zh = "请在导出状态为 finished 后再核验。"


class ExportTargetRefused(Invalid):
    """The platform sends nothing to such an address. Values: `reason`."""

    code = "export-target-refused"
    title = "Archives cannot be sent to this address"
    title_zh = "不能向该地址发送导出文件"
    remedy = "Give an https address on the public internet; operators can allow others."
    remedy_zh = "请填写公网 https 地址；内网地址须由运维人员放行。"


class ExportTargetUnavailable(Unavailable):
    """The place did not take or give the archive. Values: `reason`."""

    code = "export-target-unavailable"
    title = "The place where the archive is kept cannot be used at the moment"
    title_zh = "导出文件的存放位置暂时不可用"


class RedFormNotFound(NotFound):
    """The tenant has no red-letter form with this id."""


class RedFormStateConflict(Conflict):
    """Values: `state`, `action`, `red_invoice_id`."""

    code = "red-form-state-conflict"
    title = "The red-letter form's present state does not allow this step"
    title_zh = "红字信息确认单当前状态不允许该操作"
    remedy = "Load the form again; what its state allows is in the state diagram of the documentation."
    remedy_zh = "请重新读取确认单；各状态允许的操作见文档中的状态图。"


class RedFormNotRegistered(Conflict):
    """The bureau has not given the form its number yet."""

    code = "red-form-not-registered"
    title = "The bureau has not registered the red-letter form yet"
    title_zh = "税务机关尚未受理该红字信息确认单"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"
    retryable = True


class RedFormRefused(Conflict):
    """Values: `reason_code` of the bureau, `form_id`."""

    code = "red-form-refused"
    title = "The bureau refused the red-letter form"
    title_zh = "税务机关不予受理该红字信息确认单"
    remedy = "Compare the invoice with what the bureau holds; nothing is taken of it."
    remedy_zh = "请与税务机关登记的信息核对；本次未占用任何余额。"


class InvoiceNotReversible(Conflict):
    """Values: `invoice_status`, `authority_state`, `is_red`."""

    code = "invoice-not-reversible"
    title = "This invoice cannot be reversed"
    title_zh = "该发票不能冲红"
    remedy = (
        "Only an issued blue invoice can be reversed; a red one cannot, issue a new blue invoice instead."
    )
    remedy_zh = "仅已开具的蓝字发票可冲红；红字发票不能再冲红，请重新开具蓝字发票。"


class NothingLeftToReverse(Conflict):
    code = "nothing-left-to-reverse"
    title = "Red invoices and open forms have taken all of this invoice"
    title_zh = "该发票已全部冲红或被确认单占用"
    remedy = "Revoke an open form if it is not wanted."
    remedy_zh = "如有不需要的确认单，请先撤销。"


class SavedViewNotFound(NotFound):
    """The caller owns no saved view with this id."""


class DuplicateSavedView(Conflict):
    """Values: `name`."""

    code = "duplicate-saved-view"
    title = "A saved view with this name exists"
    title_zh = "已存在同名的常用查询"
    remedy = "Choose another name, or change the view that exists."
    remedy_zh = "请更换名称，或修改已有的常用查询。"


class TimelineLinkNotFound(NotFound):
    """The link is wrong or its time is over; nobody is told which."""


class KindNotEntitled(Invalid):
    """Values: `kind`, `reason_code`, `entitled` (the kinds that can be chosen)."""

    code = "kind-not-entitled"
    title = "The taxpayer is not entitled to this kind of invoice"
    title_zh = "该纳税人未核定此票种"
    remedy = "Choose an entitled kind, or have an administrator add this one to the taxpayer's kinds."
    remedy_zh = "请选择已核定的票种，或由管理员在纳税人设置中增加该票种。"


class InvoiceNotVoidable(Conflict):
    """Values: `kind`, `invoice_status`, `reason_code`, `possible_until` (None: never), `alternative` (a call, None)."""

    code = "invoice-not-voidable"
    title = "The invoice cannot be voided"
    title_zh = "该发票不可作废"
    remedy = "Take the invoice back by a red invoice, or reissue it in one call."
    remedy_zh = "请红冲该发票，或使用一键换开。"
