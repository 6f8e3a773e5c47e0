"""Problems of the render service that a client may be told."""

from libs.common.problems import Conflict, Forbidden, Invalid, Problem, TooManyRequests, Unavailable


class DocumentFailed(Conflict):
    """The invoice stands; only its picture could not be drawn. Values: `format`, `version`."""

    code = "document-failed"
    title = "The document could not be drawn; the invoice itself is valid"
    title_zh = "文件生成失败，发票本身有效"
    remedy = "Contact support with the invoice number; repeating the request does not help."
    remedy_zh = "请将发票号码告知客服；重复请求无法解决。"


class DocumentInProgress(Conflict):
    """A newer version is being drawn at the moment."""

    code = "document-in-progress"
    title = "A newer version of the document is being drawn"
    title_zh = "该文件的新版本正在生成"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"


class DrawingBusy(TooManyRequests):
    code = "drawing-busy"
    title = "Too many documents are being drawn again at the moment"
    title_zh = "当前重新生成文件的请求过多"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"


class RangeNotSatisfiable(Problem):
    """Value: `size` in bytes, also in Content-Range."""

    code = "range-not-satisfiable"
    status = 416
    title = "The document has no bytes in this range"
    title_zh = "文件没有该范围内的字节"
    remedy = "Ask for a range within the size, or leave out the Range header."
    remedy_zh = "请按文件大小重新指定范围，或去掉 Range 头。"


class RetentionNotOffered(Invalid):
    """Values: `years`, what may be chosen."""

    code = "retention-not-offered"
    title = "Documents cannot be kept for this number of years"
    title_zh = "不支持该保管年限"
    remedy = "Choose one of the terms that GET /v1/archive/retention offers."
    remedy_zh = "请从 GET /v1/archive/retention 给出的年限中选择。"


class DocumentCorrupt(Unavailable):
    """The archived bytes do not have the recorded hash, or are gone; they are never handed out."""

    code = "document-corrupt"
    title = "The archived document failed its integrity check and is withheld"
    title_zh = "存档文件未通过完整性校验，暂停下载"
    remedy = "The operators have been told and restore the file; try again later."
    remedy_zh = "运维人员已收到告警并将恢复文件，请稍后再试。"


class DocumentUnreadable(Unavailable):
    """The archive answers, but not about this document: a sign of a damaged disk."""

    code = "document-unreadable"
    title = "The archive did not hand out this document"
    title_zh = "存档系统未能返回该文件"
    remedy = "The operators have been told; repeat the request after Retry-After seconds."
    remedy_zh = "运维人员已收到告警，请在 Retry-After 秒后重试。"


class DocumentLinkInvalid(Forbidden):
    code = "document-link-invalid"
    title = "The link is not valid or no longer valid"
    title_zh = "链接无效或已过期"
    remedy = "Ask for a new link; a link works for at most 15 minutes and exactly as it was given."
    remedy_zh = "请重新获取链接；链接最长有效 15 分钟，且须原样使用。"
