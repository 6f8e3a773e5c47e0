"""Every reason why a field is refused: a stable code and, in two languages, what is wrong and what to do.

Those of one subject alone stand under `refusal_texts`.
"""

from libs.common.problems import FieldError
from services.invoice.domain.refusal_texts import checks, special_business

TEXTS: dict[str, tuple[str, str]] = {
    **special_business.TEXTS,
    **checks.TEXTS,
    # The shape of a value; what pydantic refuses by itself is told by `libs.common.problem_answers`.
    "string-type": ("The value must be a string.", "应为字符串。"),
    "string-too-long": (
        "The text has more than {limit} characters; shorten it.",
        "文本超过 {limit} 个字符，请缩短。",
    ),
    "blank": ("The text must not be empty or blank.", "文本不能为空或全为空格。"),
    "email-format": ("The value must be one e-mail address.", "应为一个邮箱地址。"),
    "tax-class-code-format": (
        "A tax class code has 19 digits, the first from 1 to 6.",
        "税收分类编码为 19 位数字，首位为 1 至 6。",
    ),
    "not-a-decimal": (
        'Send a plain decimal number as a string, such as "12.50", or an integer.',
        "请用字符串发送普通十进制数（如 12.50），或发送整数。",
    ),
    "too-many-decimals": (
        "The number has more than {limit} decimals; round it and send it again.",
        "小数超过 {limit} 位，请四舍五入后重新提交。",
    ),
    "too-many-digits": (
        "The number has more than {limit} digits before the point.",
        "整数部分超过 {limit} 位。",
    ),
    "not-positive": (
        "The number must be greater than 0; take goods back by a red invoice.",
        "数值须大于 0；退货、折让请开具红字发票。",
    ),
    "negative": ("The number must not be negative.", "数值不能为负。"),
    "too-large": ("The number must be at most {limit}.", "数值不能超过 {limit}。"),
    # The invoice and its parties.
    "kind-not-available": (
        "{kind.name} cannot be chosen. {kind.reason}",
        "{kind.name_zh}不可选。{kind.reason_zh}",
    ),
    "special-business-not-supported": (
        "The special business {name} is not supported; leave the field out for an ordinary invoice.",
        "不支持特定业务“{name}”；开具普通业务发票请删除该字段。",
    ),
    "buyer-tax-id-required": (
        "A special invoice needs the buyer's tax id; add it or choose digital_ordinary.",
        "开具专用发票必须填写购买方纳税人识别号；请补充，或改开普通发票。",
    ),
    "buyer-not-organisation": (
        "A special invoice cannot be made out to a natural person; choose digital_ordinary.",
        "专用发票的购买方不能是自然人，请改开普通发票。",
    ),
    "tax-id-format": (
        "A tax id has 15, 17, 18 or 20 capital letters and digits; an 18-character one has no I, O, S, V, Z.",
        "纳税人识别号为 15、17、18 或 20 位大写字母和数字，18 位代码不含 I、O、S、V、Z。",
    ),
    "tax-id-check-digit": (
        "The tax id ends in {found}, but its first 17 characters need the check digit {expected}: one of the 18 is "
        "wrong. Compare it with the business licence.",
        "纳税人识别号末位为 {found}，而前 17 位对应的校验码应为 {expected}：18 位中至少有一位有误，请与营业执照核对。",
    ),
    "deliver-email-missing": (
        "Sending by e-mail needs an address; add deliver.to.email or buyer.email.",
        "选择邮件交付时须填写邮箱：deliver.to.email 或 buyer.email。",
    ),
    "remarks-too-long": (
        "The remarks have more than {limit} characters, the printed beginning included; shorten them.",
        "备注（含系统自动添加的开头）超过 {limit} 个字符，请缩短。",
    ),
    # Name and class of a line.
    "short-name-unknown": (
        "The 简称 of this tax class is not known; write the name as *简称*name.",
        "未收录该税收分类编码的简称，请将名称写成“*简称*名称”。",
    ),
    "name-too-long": (
        "The name has more than {limit} characters without its 简称; shorten it.",
        "项目名称（不含简称）超过 {limit} 个字符，请缩短。",
    ),
    "short-name-too-long": ("The 简称 has more than {limit} characters.", "简称超过 {limit} 个字符。"),
    "class-needs-not-taxable": (
        "Classes that begin with 6 are outside VAT: set policy to not_taxable and tax_rate to 0.",
        "以 6 开头的编码为不征税项目：请将 policy 设为 not_taxable，税率设为 0。",
    ),
    "policy-needs-class-6": (
        "The policy not_taxable goes with tax classes that begin with 6; correct one of them.",
        "不征税政策只用于以 6 开头的税收分类编码，请更正其一。",
    ),
    # Rates and policies.
    "rate-not-allowed": (
        "This tax rate does not exist at present; the rates are: {expected}.",
        "当前没有该税率或征收率，可用：{expected}。",
    ),
    "policy-not-available": (
        "The policy {policy} does not exist under the rules of {day}; choose another.",
        "{day} 起执行的规则中没有优惠政策 {policy}，请另选。",
    ),
    "rate-needs-policy": (
        "A rate of {rate} stands only beside the policy that names it: {expected}.",
        "税率 {rate} 须同时填写对应的优惠政策：{expected}。",
    ),
    "policy-rate-mismatch": (
        "The policy {policy} goes with the rate(s) {expected}; correct rate or policy.",
        "优惠政策 {policy} 对应的税率为 {expected}，请更正税率或政策。",
    ),
    "zero-rate-unexplained": (
        "A rate of 0 needs its reason: policy exempt or not_taxable, or zero_rate ordinary.",
        "税率为 0 时须说明原因：policy 填 exempt 或 not_taxable，或 zero_rate 填 ordinary。",
    ),
    "zero-rate-needs-rate-0": (
        "zero_rate stands only beside a tax_rate of 0.",
        "只有税率为 0 时才能填写 zero_rate。",
    ),
    "zero-rate-policy-mismatch": (
        "zero_rate {zero_rate} goes with {expected}.",
        "zero_rate {zero_rate} 须与 {expected} 一起使用。",
    ),
    "not-on-special": (
        "Exempt, untaxed and zero-rated lines cannot stand on a special invoice; choose digital_ordinary.",
        "免税、不征税、零税率的项目不能开具专用发票，请改开普通发票。",
    ),
    # Sums of a line.
    "quantity-missing": (
        "Quantity and unit price stand together or not at all; add the quantity or leave the price out.",
        "数量与单价须同时填写或同时不填；请补充数量或删除单价。",
    ),
    "amount-missing": (
        "Give quantity and unit_price, or amount.",
        "请填写数量和单价，或填写金额。",
    ),
    "amount-mismatch": (
        "Quantity × unit price is {expected}, more than {limit} away from the amount; correct one of them.",
        "数量×单价为 {expected}，与金额相差超过 {limit}，请更正。",
    ),
    "amount-is-zero": (
        "The line's amount rounds to 0.00; combine it with another line or leave it out.",
        "该行金额四舍五入后为 0.00，请与其他行合并或删除。",
    ),
    "amount-too-large": (
        "The sum is larger than {limit}; split the invoice.",
        "金额超过 {limit}，请拆分开具。",
    ),
    "unit-price-not-exact": (
        "No unit price of 12 digits and 13 decimals gives this amount for this quantity; leave the quantity out "
        "or choose a larger unit.",
        "按此数量无法得出符合规定（整数 12 位、小数 13 位）的单价，请不填数量或改用更大的计量单位。",
    ),
    "tax-tolerance": (
        "The declared tax is {error} away from {expected}; at most {limit} is allowed.",
        "申报税额与应计税额 {expected} 相差 {error}，超过允许的 {limit}。",
    ),
    "tax-total-tolerance": (
        "The errors of the declared taxes add up to {error}; at most {limit} is allowed on one invoice.",
        "各行申报税额误差合计 {error}，超过每张发票允许的 {limit}。",
    ),
    "tax-included-needed": (
        "Difference taxation and the reduced levy start from a sum with tax: set tax_included to true.",
        "差额征税和减按征税须以含税金额计算，请将 tax_included 设为 true。",
    ),
    "deduction-too-large": (
        "The deduction is larger than the line's sum with tax; correct one of them.",
        "扣除额大于含税金额，请更正。",
    ),
    "deduction-alone": (
        "An invoice with difference taxation has one line; split the invoice.",
        "差额征税发票只能有一行项目，请拆分开具。",
    ),
    "deduction-needs-rate": (
        "Difference taxation goes with a rate above 0 and no exempt, untaxed or reduced policy.",
        "差额征税须使用大于 0 的税率，且不能与免税、不征税、减按征税同用。",
    ),
    "deduction-with-discount": (
        "Difference taxation goes with no discount; lower the amount instead.",
        "差额征税不能同时使用折扣，请直接调整金额。",
    ),
    # Discounts and totals.
    "discount-form": ("Give exactly one of rate and amount.", "折扣请在 rate 与 amount 中只填一项。"),
    "discount-too-large": (
        "The discount is larger than the line; lower it.",
        "折扣金额大于被折扣行金额，请减小。",
    ),
    "discount-is-zero": ("The discount rounds to 0.00; leave it out.", "折扣四舍五入后为 0.00，请删除。"),
    "coupon-with-discount": (
        "discount_amount goes with no line discount; use one of the two.",
        "discount_amount 不能与行折扣同时使用，请二选一。",
    ),
    "coupon-too-large": (
        "The coupon must be less than the lines' sum with tax ({limit}).",
        "优惠金额须小于各行含税金额合计（{limit}）。",
    ),
    "too-many-lines": (
        "The invoice has more than {limit} lines, discount lines included; split it.",
        "发票行数（含折扣行）超过 {limit} 行，请拆分开具。",
    ),
    "total-is-zero": (
        "The invoice's total is 0.00; nothing is to be invoiced.",
        "价税合计为 0.00，无需开具发票。",
    ),
    "totals-mismatch": (
        "The lines add up to {expected}; correct the lines or the totals.",
        "各行合计为 {expected}，请更正明细或合计。",
    ),
    # Red letters.
    "red-line-unknown": (
        "The blue invoice has no such line, or it is a discount line; name the line that was discounted.",
        "蓝字发票没有该行，或该行为折扣行；请填写被折扣行的行号。",
    ),
    "red-line-twice": ("Each line may be named once.", "每行只能填写一次。"),
    "red-quantity-or-amount": (
        "Give exactly one of quantity and amount.",
        "quantity 与 amount 请只填一项。",
    ),
    "red-exceeds-left": (
        "Only {left} of this line is left; earlier red letters and open forms have taken the rest.",
        "该行可冲红余量为 {left}，其余已被红字发票或确认单占用。",
    ),
    "red-line-has-no-quantity": (
        "The blue line has no quantity; give the amount.",
        "蓝字发票该行无数量，请填写金额。",
    ),
    "red-quantity-too-fine": (
        "This quantity takes nothing, or all, of the line's amount; take another one, at most {left}.",
        "按该数量计算的金额为 0 或等于该行全部余额，请调整数量（不超过 {left}）。",
    ),
    "issued-in-error-takes-all": (
        "issued_in_error takes all that is left; leave lines out, or give another reason.",
        "“开票有误”须全额冲红：请不要填写 lines，或改用其他原因。",
    ),
}


def refuse(pointer: str, code: str, **values: object) -> FieldError:
    """The field error with its texts filled in."""
    detail, detail_zh = TEXTS[code]
    return FieldError(pointer, code, detail.format(**values), detail_zh.format(**values))
