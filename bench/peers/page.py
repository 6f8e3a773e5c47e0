"""An invoice page in HTML, as somebody would write it for a browser: the peers' input."""

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
@page { size: 210mm 140mm; margin: 0 }
body { margin: 6mm; font: 9pt "Noto Serif CJK SC"; color: #000 }
h1 { font-size: 20pt; font-weight: normal; text-align: center; margin: 0; color: #800000 }
table { width: 100%; border-collapse: collapse } .frame td { border: 0.25mm solid #800000; padding: 1mm }
td.figure { text-align: right } th { font-weight: normal; color: #800000 }
"""
COLUMNS = ("name", "specification", "unit", "quantity", "unit_price", "amount", "printed_rate", "printed_tax")
HEADINGS = ("项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率/征收率", "税额")


def write_page(invoice: Mapping[str, Any]) -> str:
    """The same values as the drawn page, without its QR code."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(line[column] or ''))}</td>" for column in COLUMNS) + "</tr>"
        for line in invoice["lines"]
    )
    parties = "".join(
        f"<td>名称：{escape(party['name'])}<br>统一社会信用代码/纳税人识别号：{escape(party['tax_id'])}</td>"
        for party in (invoice["buyer"], invoice["seller"])
    )
    totals = invoice["totals"]
    return (
        f"<!doctype html><meta charset=utf-8><title>{invoice['number']}</title><style>{STYLE}</style>"
        f"<h1>电子发票（普通发票）</h1><p>样票 发票号码：{invoice['number']} 开票日期：{invoice['issue_date']}</p>"
        f'<table class="frame"><tr>{parties}</tr></table>'
        f"<table><tr>{''.join(f'<th>{heading}</th>' for heading in HEADINGS)}</tr>{rows}"
        f"<tr><td>合计<td><td><td><td><td>¥{totals['amount']}<td><td>¥{totals['tax']}</tr></table>"
        f"<p>价税合计（大写）{totals['amount_with_tax_words']}（小写）¥{totals['amount_with_tax']}</p>"
        f"<p>备注 {escape(invoice['remarks'])}</p><p>开票人：{escape(invoice['drawer'])}</p>"
    )
