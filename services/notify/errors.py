"""What notify may refuse."""

from libs.common.problems import FieldError, Invalid, NotFound


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


def unknown_invoice() -> NotFound:
    """Also for one that was issued a moment ago: its event is on its way."""
    return NotFound(
        "No issued invoice with this id is known here; one issued a moment ago appears within seconds.",
        detail_zh="没有该编号的已开具发票；若刚刚开具，请稍候数秒再试。",
    )
