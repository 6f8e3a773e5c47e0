"""Problems of printing that a client may be told."""

from libs.common.problems import Conflict, Invalid, TooManyRequests


class UnknownInvoices(Invalid):
    """`errors` names each id that is none of the tenant's invoices."""

    code = "unknown-invoices"
    title = "The selection names invoices that do not exist"
    title_zh = "所选发票中有不存在的发票"
    remedy = "Leave out the ids under errors; one of an invoice issued a moment ago is known within seconds."
    remedy_zh = "请去掉 errors 中列出的编号；刚刚开具的发票数秒后即可打印。"


class DocumentsNotReady(Conflict):
    """`errors` names each invoice whose PDF is still being drawn."""

    code = "documents-not-ready"
    title = "Some of the invoices have no finished PDF yet"
    title_zh = "部分发票的 PDF 尚未生成"
    remedy = "Repeat the request after Retry-After seconds, or print without the invoices under errors."
    remedy_zh = "请在 Retry-After 秒后重试，或先打印其余发票。"
    retryable = True


class DocumentsFailed(Conflict):
    """`errors` names each invoice whose PDF can never be drawn."""

    code = "documents-failed"
    title = "Some of the invoices could not be drawn; the invoices themselves are valid"
    title_zh = "部分发票的文件生成失败，发票本身有效"
    remedy = "Print without the invoices under errors and contact support about those."
    remedy_zh = "请先打印其余发票，并就所列发票联系客服。"


class PrintBatchTooLarge(Invalid):
    """Values: `content_bytes` and `limit_bytes`, of the invoices as published."""

    code = "print-batch-too-large"
    title = "The invoices have too many lines for one file"
    title_zh = "所选发票的明细行过多，无法合并为一个文件"
    remedy = "Print them in several smaller batches."
    remedy_zh = "请分成几批打印。"


class UnknownPrinter(Invalid):
    code = "unknown-printer"
    title = "There is no printer of this name"
    title_zh = "没有该名称的打印机"
    remedy = "Save its offset under PUT /v1/printers first, or name a profile instead."
    remedy_zh = "请先用 PUT /v1/printers 保存该打印机，或直接指定打印版式。"


class TooManyPrinters(Conflict):
    """Value: `most`."""

    code = "too-many-printers"
    title = "No more printers can be saved"
    title_zh = "保存的打印机数量已达上限"
    remedy = "Remove printers that are no longer in use."
    remedy_zh = "请删除不再使用的打印机。"


class PrintingBusy(TooManyRequests):
    code = "printing-busy"
    title = "Too many batches of yours are being prepared for printing"
    title_zh = "贵方正在准备的打印任务过多"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"
