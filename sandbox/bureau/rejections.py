"""Why the bureau refuses an invoice: the complete list, in both languages."""

import msgspec
from msgspec import structs


class Rejection(msgspec.Struct, frozen=True):
    """`retryable`: the same serial may be submitted again and is judged anew; otherwise it stays refused."""

    code: str
    text: str
    text_zh: str
    retryable: bool = False

    def explain(self, detail: str) -> "Rejection":
        """The same, saying where the fault lies."""
        return structs.replace(self, text=f"{self.text}: {detail}", text_zh=f"{self.text_zh}：{detail}")


REJECTIONS = {
    rejection.code: rejection
    for rejection in (
        Rejection("kind-unknown", "This kind is not issued here", "不支持该票种"),
        Rejection("number-missing", "An uploaded invoice needs its number", "上传的发票缺少发票号码"),
        Rejection("issue-date-missing", "An uploaded invoice needs its issue date", "上传的发票缺少开票日期"),
        Rejection("number-unexpected", "The bureau assigns the number", "该渠道由税局赋码，不应提供发票号码"),
        Rejection(
            "number-not-allocated", "The number is in no block of the seller", "发票号码不在销方号段内"
        ),
        Rejection(
            "number-year-mismatch", "Number and issue date are of different years", "号码年份与开票日期不符"
        ),
        Rejection("code-of-another-kind", "The code is not one of this kind", "发票代码与票种不符"),
        Rejection(
            "code-unexpected", "A digital invoice has neither code nor check code", "数电票没有代码和校验码"
        ),
        Rejection(
            "check-code-form", "Ordinary invoices of stock, and only they, have a check code", "校验码有误"
        ),
        Rejection("number-used", "Another invoice carries this number", "发票号码已被使用"),
        Rejection("totals-inconsistent", "Lines and totals do not add up", "明细合计与票面合计不一致"),
        Rejection("quota-exceeded", "The month's quota is used up", "发票总额度不足", retryable=True),
        Rejection(
            "quota-suspended", "The seller's quota is suspended", "发票总额度已暂停使用", retryable=True
        ),
        Rejection("refused-on-request", "Refused because a test asked for it", "沙箱按要求拒绝开具"),
        Rejection(
            "red-form-missing", "A negative invoice needs its red-letter form", "红字发票缺少红字信息确认单"
        ),
        Rejection("red-form-unknown", "The seller has no such red-letter form", "红字信息确认单不存在"),
        Rejection("red-form-not-ready", "The red-letter form cannot be used", "红字信息确认单状态不允许开具"),
        Rejection("red-form-differs", "Sums differ from the red-letter form", "红字发票金额与确认单不一致"),
        Rejection("malformed", "The entry of the batch is not well formed", "批次中的该条数据格式错误"),
    )
}
