"""What of an invoice can differ, by the pointers of the public answer, and how that is called in both languages."""

import re
from typing import Literal, NamedTuple

Where = Literal["face", "content"]
"""What is seen on the pages, or the structured values in the file."""

PAGE, PACKAGE, APPEARANCE = "/page", "/package", "/appearance"

_PARTIES = {"seller": ("Seller's", "销售方"), "buyer": ("Buyer's", "购买方")}
_PARTY_FIELDS = {
    "name": ("name", "名称"),
    "tax_id": ("tax id", "纳税人识别号"),
    "address": ("address", "地址"),
    "phone": ("phone", "电话"),
    "bank_name": ("bank", "开户行"),
    "bank_account": ("bank account", "银行账号"),
}
_LINE_FIELDS = {
    "name": ("Name of goods or service", "项目名称"),
    "specification": ("Specification", "规格型号"),
    "unit": ("Unit", "单位"),
    "quantity": ("Quantity", "数量"),
    "unit_price": ("Unit price", "单价"),
    "amount": ("Amount", "金额"),
    "tax_rate": ("Tax rate", "税率/征收率"),
    "tax": ("Tax", "税额"),
    "amount_with_tax": ("Amount with tax", "含税金额"),
    "tax_class_code": ("Tax classification code", "税收分类编码"),
    "line_no": ("Position", "序号"),
}
_NAMES = {
    "/kind": ("Kind of invoice", "发票种类"),
    "/code": ("Invoice code", "发票代码"),
    "/number": ("Invoice number", "发票号码"),
    "/issue_date": ("Date of issue", "开票日期"),
    "/issued_at": ("Time of issue", "开票时间"),
    "/mark": ("Mark of a voided invoice", "作废标志"),
    "/check_code": ("Check code", "校验码"),
    "/totals/amount": ("Total without tax", "合计金额"),
    "/totals/tax": ("Total tax", "合计税额"),
    "/totals/amount_with_tax": ("Total with tax", "价税合计（小写）"),
    "/totals/amount_with_tax_words": ("Total with tax in words", "价税合计（大写）"),
    "/totals/page": ("Subtotal of a page", "本页小计"),
    "/remarks": ("Remarks", "备注"),
    "/drawer": ("Drawer", "开票人"),
    "/payee": ("Payee", "收款人"),
    "/reviewer": ("Reviewer", "复核人"),
    "/red": ("Blue invoice or red-letter form", "蓝字发票或红字信息确认单"),
    "/special_business": ("Special business", "特定业务信息"),
    "/lines": ("Lines", "项目明细"),
    PAGE: ("Other text of the page", "版面其他文字"),
    APPEARANCE: (
        "Look of the page (pictures, lines, type or things laid over it)",
        "版面外观（图形、线条、字形或覆盖物）",
    ),
    PACKAGE: ("Other contents of the file", "文件其他内容"),
}
_LINE = re.compile(r"/lines/(\d+)/(\w+)")


class FieldName(NamedTuple):
    """How a field is called."""

    name: str
    name_zh: str


def name_field(pointer: str) -> FieldName:
    """Of any pointer that a comparison may give."""
    if line := _LINE.fullmatch(pointer):
        name, name_zh = _LINE_FIELDS.get(line[2], _NAMES["/lines"])
        number = int(line[1]) + 1
        return FieldName(f"{name} of line {number}", f"第 {number} 行{name_zh}")
    _, party, *rest = pointer.split("/")
    if pointer not in _NAMES and f"/{party}" in _NAMES:
        return FieldName(*_NAMES[f"/{party}"])
    if party in _PARTIES and rest:
        (whose, whose_zh), (name, name_zh) = _PARTIES[party], _PARTY_FIELDS.get(rest[0], ("details", "信息"))
        return FieldName(f"{whose} {name}", f"{whose_zh}{name_zh}")
    return FieldName(*_NAMES.get(pointer, _NAMES[PACKAGE]))


# What identifies an invoice beside its number: who shows most of it holds a copy and is not guessing.
EVIDENCE = (
    frozenset({"/issue_date"}),
    frozenset({"/totals/amount", "/totals/amount_with_tax", "/check_code"}),
    frozenset({"/seller/name", "/seller/tax_id"}),
    frozenset({"/buyer/name", "/buyer/tax_id"}),
)
