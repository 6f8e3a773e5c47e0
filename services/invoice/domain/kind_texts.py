"""What the catalogue of kinds says beside the rule pack: why a kind cannot be chosen now, and what to do then."""

from enum import StrEnum
from typing import NamedTuple

from services.invoice.domain.kinds import KindEntry, Medium


class Reason(StrEnum):
    """Why a kind cannot be chosen now."""

    NOT_ENTITLED = "not_entitled"
    NOT_CONFIGURED = "not_configured"
    RETIRED = "retired"
    BLOCKED = "blocked_by_unfinished_operation"


class Bilingual(NamedTuple):
    text: str
    text_zh: str


EXPLANATIONS = {
    Medium.DIGITAL: Bilingual(
        "Fully digital, under a number of 20 digits; taken back by a red invoice only.",
        "全面数字化的电子发票，20位号码，仅可红冲、不可作废。",
    ),
    Medium.TAX_CONTROL: Bilingual(
        "Electronic, from a tax-control device, under a code and a number; taken back by a red invoice only.",
        "税控设备开具的电子发票，由代码和号码标识，仅可红冲、不可作废。",
    ),
    Medium.PAPER: Bilingual(
        "On paper, under the code and the number printed on the form.",
        "纸质发票，由票面印制的代码和号码标识。",
    ),
    Medium.DIGITAL_ON_PAPER: Bilingual(
        "A digital invoice printed on a numbered paper form.",
        "以纸质票样打印的数电发票，兼有20位号码与纸质号码。",
    ),
}
CORRECTIONS = {
    (): Bilingual(
        "It is issued no more: nothing is left to be corrected here.", "该票种已停止开具，此处无可更正。"
    ),
    ("red",): Bilingual(
        "It can at no time be voided: take it back by a red invoice, whole or in part, or reissue it in one call.",
        "任何时候均不可作废：请全部或部分红冲，或使用一键换开。",
    ),
    ("void", "red"): Bilingual(
        "Void it until the end of its month of issue, while the buyer has not used it and all its copies are back; "
        "afterwards take it back by a red invoice.",
        "开票当月内、购买方尚未使用且全部联次已收回的，可以作废；跨月或已使用的，请开具红字发票冲红。",
    ),
}
REASONS = {
    Reason.NOT_ENTITLED: Bilingual(
        "The taxpayer's settings do not list this kind.", "纳税人设置中未核定该票种。"
    ),
    Reason.BLOCKED: Bilingual(
        "No number is left, and the order for more is not answered yet.",
        "号码已用完，补充号段的申请尚未得到税务机关答复。",
    ),
}
REMEDIES = {
    Reason.NOT_ENTITLED: Bilingual(
        "Have an administrator add the kind with PATCH /v1/taxpayers/{id}, once the bureau has approved it.",
        "经税务机关核定后，由管理员通过 PATCH /v1/taxpayers/{id} 增加该票种。",
    ),
    Reason.NOT_CONFIGURED: Bilingual(
        "Choose a kind that is allowed; the bureau's own platform issues this one.",
        "请选择可用票种；该票种请在税务机关平台开具。",
    ),
    Reason.RETIRED: Bilingual(
        "Choose a kind that is allowed; nobody can issue this one any more.",
        "请选择可用票种；该票种已停用，任何渠道均不能再开具。",
    ),
    Reason.BLOCKED: Bilingual(
        "Wait: the operation ends by itself when the bureau answers; GET /v1/taxpayers shows the connection.",
        "请稍候，税务机关答复后自动恢复；可通过 GET /v1/taxpayers 查看连接状态。",
    ),
}


def why_not_issuable(entry: KindEntry) -> Reason | None:
    """The pack's own word on a kind, for every taxpayer alike."""
    if entry.is_issuable:
        return None
    return Reason.RETIRED if entry.reason_code == "abolished" else Reason.NOT_CONFIGURED


def corrections(entry: KindEntry) -> tuple[str, ...]:
    """How an invoice of this kind can be taken back; a retired kind only has a history."""
    if why_not_issuable(entry) is Reason.RETIRED:
        return ()
    return ("void", "red") if entry.is_voidable else ("red",)
