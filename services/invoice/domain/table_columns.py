"""The columns of a table of invoices: dotted names, Chinese headings, and the field of the invoice each stands for."""

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Form(StrEnum):
    """How a cell's text becomes a field's value."""

    TEXT = "text"
    NUMBER = "number"
    RATE = "rate"
    TRUTH = "truth"
    LIST = "list"


class Column(Struct, frozen=True):
    """`name` is the dotted name; `path` leads from the invoice, or from its line, to the field."""

    name: str
    heading: str
    form: Form = Form.TEXT
    example: str = ""

    @property
    def is_of_line(self) -> bool:
        return self.name.startswith("line.")

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.name.removeprefix("line.").split("."))


_COLUMNS = (
    Column("kind", "发票类型", example="digital_ordinary"),
    Column("reference", "单据编号", example="SO-2026-000123"),
    Column("taxpayer_id", "开票主体"),
    Column("buyer.name", "购买方名称", example="武汉某某商贸有限公司"),
    Column("buyer.tax_id", "购买方税号", example="91420100MA4K00002Y"),
    Column("buyer.address", "购买方地址"),
    Column("buyer.phone", "购买方电话"),
    Column("buyer.bank_name", "购买方开户行"),
    Column("buyer.bank_account", "购买方银行账号"),
    Column("buyer.email", "购买方邮箱"),
    Column("buyer.mobile", "购买方手机"),
    Column("buyer.is_individual", "购买方是否自然人", Form.TRUTH),
    Column("line.name", "项目名称", example="键盘"),
    Column("line.tax_class_code", "税收分类编码", example="1090511030000000000"),
    Column("line.specification", "规格型号"),
    Column("line.unit", "单位", example="个"),
    Column("line.quantity", "数量", Form.NUMBER, "12"),
    Column("line.unit_price", "单价", Form.NUMBER, "86.5"),
    Column("line.amount", "金额", Form.NUMBER),
    Column("line.tax_included", "是否含税", Form.TRUTH, "否"),
    Column("line.tax_rate", "税率", Form.RATE, "0.13"),
    Column("line.tax", "税额", Form.NUMBER),
    Column("line.discount.rate", "折扣率", Form.RATE),
    Column("line.discount.amount", "折扣金额", Form.NUMBER),
    Column("line.policy", "优惠政策"),
    Column("line.zero_rate", "零税率标识"),
    Column("line.deduction", "扣除额", Form.NUMBER),
    Column("discount_amount", "优惠总额", Form.NUMBER),
    Column("totals.amount", "合计金额", Form.NUMBER),
    Column("totals.tax", "合计税额", Form.NUMBER),
    Column("totals.amount_with_tax", "价税合计", Form.NUMBER),
    Column("remarks", "备注"),
    Column("drawer", "开票人", example="张三"),
    Column("payee", "收款人"),
    Column("reviewer", "复核人"),
    Column("print.seller_bank", "备注销方开户行及账号", Form.TRUTH),
    Column("print.seller_address", "备注销方地址电话", Form.TRUTH),
    Column("print.buyer_bank", "备注购方开户行及账号", Form.TRUTH),
    Column("print.buyer_address", "备注购方地址电话", Form.TRUTH),
    Column("deliver.channels", "交付方式", Form.LIST),
    Column("deliver.to.email", "交付邮箱"),
    Column("tags", "标签", Form.LIST),
)
COLUMNS: Mapping[str, Column] = {column.name: column for column in _COLUMNS}

# Other headings that are common in files of accountants.
_ALSO = {
    "商品名称": "line.name",
    "货物或应税劳务名称": "line.name",
    "购方名称": "buyer.name",
    "购方税号": "buyer.tax_id",
    "购买方纳税人识别号": "buyer.tax_id",
    "统一社会信用代码": "buyer.tax_id",
    "税率/征收率": "line.tax_rate",
    "税率（征收率）": "line.tax_rate",
    "计量单位": "line.unit",
    "含税标志": "line.tax_included",
    "商品编码": "line.tax_class_code",
    "订单号": "reference",
}
HEADINGS: Mapping[str, str] = {
    **{column.name: column.name for column in _COLUMNS},
    **{column.heading: column.name for column in _COLUMNS},
    **_ALSO,
}

# Columns of a result that has been filled in and sent again: passed over.
RESULT_COLUMNS = ("row", "state", "invoice_id", "code", "number", "problem", "fix")

_LINE = re.compile(r"/lines/(\d+)(?:/(.*))?")


def find_column(heading: str, mapping: Mapping[str, str]) -> str | None:
    """The column that a heading means, by the tenant's own mapping first; None if it is not known."""
    heading = heading.strip()
    return mapping.get(heading) or HEADINGS.get(heading.removeprefix("*").strip())


def column_of(pointer: str) -> tuple[str, int]:
    """The column's name and the invoice's line (from 0) of a JSON pointer into an invoice."""
    found = _LINE.fullmatch(pointer)
    if found is not None:
        field = (found.group(2) or "name").replace("/", ".")
        return f"line.{field}", int(found.group(1))
    parts = [part for part in pointer.removeprefix("/").split("/") if not part.isdigit()]
    return ".".join(parts), 0


def name_cell(column: int, line: int) -> str:
    """`AB12` for column 27 (from 0) and line 12 (from 1)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{line}"
