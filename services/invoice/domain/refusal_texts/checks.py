"""Reasons that only a check or a replay gives: about a period, the quota, twins, and what an invoice looks like."""

TEXTS: dict[str, tuple[str, str]] = {
    "period-out-of-range": (
        "The period must not end before it begins nor be longer than {limit} days.",
        "期间的止日不得早于起日，且最长 {limit} 天。",
    ),
    "taxpayer-unknown": (
        "The tenant has no such taxpayer; use one of GET /v1/taxpayers or leave taxpayer_id out.",
        "本租户没有该纳税人；请使用 GET /v1/taxpayers 中的纳税人，或不填 taxpayer_id。",
    ),
    "taxpayer-not-entitled": (
        "The taxpayer is not entitled to {kind}; it may issue: {expected}.",
        "该纳税人未核定票种 {kind}，可开具：{expected}。",
    ),
    "quota-not-known": (
        "The quota of this month is not known yet; the platform is asking the bureau.",
        "尚未取得本月发票总额度，平台正在向税务机关查询。",
    ),
    "quota-suspended": (
        "The taxpayer is suspended from issuing this month.",
        "该纳税人本月已被暂停开票。",
    ),
    "quota-not-covering": (
        "The invoice needs {needed} without tax, {available} of this month's quota are left.",
        "本张发票需占用额度 {needed}（不含税），本月剩余 {available}。",
    ),
    "reference-used": (
        "An invoice with this reference exists: {earlier}.",
        "该单据编号已开具过发票：{earlier}。",
    ),
    "twin-issued-today": (
        "An invoice that says the same was issued today: {earlier}. If both are meant, give each its own reference.",
        "今日已开具内容相同的发票：{earlier}；若确为两笔业务，请分别填写单据编号。",
    ),
    "tax-class-unknown": (
        "The tax class {tax_class} is not among the classes of this rule pack; make sure it is one at the end.",
        "本规则包未收录税收分类编码 {tax_class}，请确认其存在且为末级编码。",
    ),
    "short-name-differs": (
        "Goods of this tax class are called *{expected}*, not *{found}*; check name and class.",
        "该税收分类编码的简称为“{expected}”，而非“{found}”，请核对名称与编码。",
    ),
    "buyer-near-miss": (
        "The tenant has not issued to this buyer, but to {meant}; check name and tax id.",
        "未向该购买方开过票，但开过：{meant}；请核对名称与税号。",
    ),
    "line-sums-disagree": (
        "Amount and tax of the line do not add up to {expected}.",
        "该行金额与税额之和不等于 {expected}。",
    ),
    "sums-disagree": (
        "The lines add up to {expected}, the invoice says {found}.",
        "各行合计为 {expected}，票面合计为 {found}。",
    ),
    "words-disagree": (
        "The sum in words should be {expected}.",
        "价税合计（大写）应为 {expected}。",
    ),
    "number-of-another-year": (
        "The number begins with {found}, the year of issue is {expected}.",
        "发票号码以 {found} 开头，而开票年份为 {expected}。",
    ),
    "refused-by-authority": (
        "The authority refused the invoice: {error.detail}.",
        "税务机关已拒绝该发票：{error.detail_zh}。",
    ),
}
