"""What notify may refuse."""

from libs.common.problems import Conflict, FieldError, Invalid, NotFound


class ContactMissing(Invalid):
    code = "contact-missing"
    title = "There is no contact to send the invoice to"
    title_zh = "没有可供发送的联系方式"
    remedy = "Give an address under `to`; none is stored with this invoice."
    remedy_zh = "请在 to 中填写收件地址；该发票未保存联系方式。"

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("/to/email", self.code, "Give an e-mail address.", "请填写电子邮箱地址。")]
        )


class DocumentsMissing(Conflict):
    """Values: `formats` that are asked for, those that are `ready`."""

    code = "documents-missing"
    title = "None of the documents that are to be sent is there"
    title_zh = "所选格式的发票文件均不存在"
    remedy = "Choose among the formats that are ready; /documents says what became of the others."
    remedy_zh = "请选择已生成的格式；其他格式的情况见 /documents。"


def unknown_invoice() -> NotFound:
    """Also for one that was issued a moment ago: its event is on its way."""
    return NotFound(
        "No issued invoice with this id is known here; one issued a moment ago appears within seconds.",
        detail_zh="没有该编号的已开具发票；若刚刚开具，请稍候数秒再试。",
    )
