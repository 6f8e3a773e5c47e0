"""Problems of previews that a client may be told."""

from libs.common.problems import Invalid, TooManyRequests


class InvoiceUndrawable(Invalid):
    """Its document would fail as this preview does."""

    code = "invoice-undrawable"
    title = "The page of this invoice cannot be drawn"
    title_zh = "该发票无法排版"
    remedy = "Change the text that is named before the invoice is issued."
    remedy_zh = "请在开具之前修改所指出的内容。"


class PreviewsBusy(TooManyRequests):
    code = "previews-busy"
    title = "Too many previews of yours are being drawn"
    title_zh = "贵方正在生成的试算文件过多"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"
