"""Problems of the verification of documents."""

from libs.common.problems import Invalid, Malformed, TooManyRequests


class FileUnreadable(Malformed):
    """`detail` says what is wrong with the file; nothing of it was believed."""

    code = "file-unreadable"
    title = "The file cannot be read as an invoice document"
    title_zh = "无法将该文件作为发票文件读取"
    remedy = "Send the PDF, OFD or XML as it was received: whole, without a password, at most 10 MiB."
    remedy_zh = "请提交收到的 PDF、OFD 或 XML 原件：内容完整、未加密、不超过 10 MiB。"


class QrTextDamaged(Invalid):
    code = "qr-text-damaged"
    title = "This is not the text of an invoice's QR code"
    title_zh = "这不是发票二维码的内容"
    remedy = "Scan the code again; its last field is a checksum that does not fit, or a field is missing."
    remedy_zh = "请重新扫描二维码：末尾的校验值不符，或缺少字段。"


class VerificationBusy(TooManyRequests):
    code = "verification-busy"
    title = "Too many files are being verified at the moment"
    title_zh = "当前正在查验的文件过多"
