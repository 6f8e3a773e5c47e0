"""Columns of the tables in an archive: names in CSV, Chinese headings in XLSX."""

from collections.abc import Iterator, Sequence

from services.invoice.queries.exports import ExportedInvoice
from services.invoice.tables import Cell

INVOICE_COLUMNS = {
    "number": "发票号码",
    "code": "发票代码",
    "kind": "票种",
    "status": "状态",
    "reversal": "红冲",
    "authority_state": "税局状态",
    "issue_date": "开票日期",
    "issued_at": "开票时间",
    "seller_name": "销售方名称",
    "seller_tax_id": "销售方税号",
    "buyer_name": "购买方名称",
    "buyer_tax_id": "购买方税号",
    "amount": "金额",
    "tax": "税额",
    "amount_with_tax": "价税合计",
    "reference": "单据编号",
    "drawer": "开票人",
    "remarks": "备注",
    "tags": "标签",
    "files": "文件",
    "id": "编号",
}
LINE_COLUMNS = {
    "number": "发票号码",
    "code": "发票代码",
    "line_no": "行号",
    "nature": "行性质",
    "name": "项目名称",
    "tax_class_code": "税收分类编码",
    "specification": "规格型号",
    "unit": "单位",
    "quantity": "数量",
    "unit_price": "单价",
    "amount": "金额",
    "tax_rate": "税率",
    "tax": "税额",
    "amount_with_tax": "价税合计",
    "policy": "优惠政策",
    "invoice_id": "编号",
}


def invoice_row(invoice: ExportedInvoice, files: Sequence[str]) -> list[Cell]:
    """In the order of INVOICE_COLUMNS; `files` are its documents in the archive."""
    content = invoice.content
    return [
        invoice.number,
        invoice.code,
        invoice.kind,
        invoice.status,
        invoice.reversal,
        invoice.authority_state,
        invoice.issue_date,
        invoice.issued_at,
        content.seller.name,
        content.seller.tax_id,
        content.buyer.name,
        content.buyer.tax_id,
        content.totals.amount,
        content.totals.tax,
        content.totals.amount_with_tax,
        invoice.reference,
        content.drawer,
        content.remarks,
        " ".join(content.tags),
        " ".join(files),
        str(invoice.id),
    ]


def line_rows(invoice: ExportedInvoice) -> Iterator[list[Cell]]:
    """In the order of LINE_COLUMNS."""
    for line in invoice.content.lines:
        yield [
            invoice.number,
            invoice.code,
            line.line_no,
            line.nature,
            line.name,
            line.tax_class_code,
            line.specification,
            line.unit,
            line.quantity,
            line.unit_price,
            line.amount,
            line.tax_rate,
            line.tax,
            line.amount_with_tax,
            line.policy,
            str(invoice.id),
        ]
