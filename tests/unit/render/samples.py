"""Invoices as the API answers them: worked ones, and one for each thing that is hard to print."""

import json
from pathlib import Path
from typing import Any

WORKED = Path(__file__).parents[2] / "data/worked_invoices.json"
SELLER = {
    "name": "武汉晴川数码科技有限公司",
    "tax_id": "91420100MA4K00002Y",
    "address": "湖北省武汉市洪山区珞喻路千号",
    "phone": "027-00000000",
    "bank_name": "示例银行武汉光谷支行",
    "bank_account": "000012345678901",
}
BUYER = {
    "name": "杭州青禾软件有限公司",
    "tax_id": "91420106MA4L123460",
    "address": "浙江省杭州市西湖区文三路一号",
    "phone": "0571-00000000",
    "bank_name": "示例银行杭州分行",
    "bank_account": "6200000000000000001",
}
NUMBER = "26422000000000000001"


def make_line(name: str = "*计算机外部设备*键盘", **changes: Any) -> dict[str, Any]:
    """One printed line."""
    line = {
        "line_no": 1,
        "nature": "normal",
        "name": name,
        "specification": "",
        "unit": "个",
        "tax_class_code": "1090511030000000000",
        "policy": None,
        "quantity": "12",
        "unit_price": "86.5",
        "amount": "1038.00",
        "tax_rate": "0.13",
        "tax": "134.94",
        "amount_with_tax": "1172.94",
        "printed_rate": "13%",
        "printed_tax": "134.94",
    }
    return line | changes


def make_invoice(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An issued invoice; by default one line of keyboards."""
    invoice = {
        "id": "01990000-0000-7000-8000-000000000001",
        "kind": "digital_ordinary",
        "number": NUMBER,
        "code": None,
        "status": "issued",
        "issue_date": "2026-11-24",
        "issued_at": "2026-11-23T18:04:05.678Z",
        "seller": SELLER,
        "buyer": BUYER,
        "lines": list(lines) or [make_line()],
        "totals": {
            "amount": "1038.00",
            "tax": "134.94",
            "amount_with_tax": "1172.94",
            "amount_with_tax_words": "壹仟壹佰柒拾贰圆玖角肆分",
        },
        "qr_text": f"01,32,,{NUMBER},1172.94,20261124,,2541",
        "remarks": "",
        "drawer": "张三",
        "special_business": None,
        "red": None,
    }
    return invoice | changes


def worked_invoices() -> dict[str, dict[str, Any]]:
    """The worked invoices, each with its amounts, by id."""
    return {worked["id"]: _from_worked(worked) for worked in json.loads(WORKED.read_text())["invoices"]}


def _from_worked(worked: dict[str, Any]) -> dict[str, Any]:
    lines = [
        make_line(
            line["name"],
            specification=line["spec"],
            unit=line["unit"],
            quantity=line["quantity"],
            unit_price=line["unit_price_excl"],
            amount=line["amount"],
            printed_rate=line["print"]["rate"],
            printed_tax=line["print"]["tax"],
            deduction=line.get("deduction"),
        )
        for line in worked["lines"]
    ]
    totals = {
        "amount": worked["totals"]["amount"],
        "tax": worked["totals"]["tax"],
        "amount_with_tax": worked["totals"]["amount_incl"],
        "amount_with_tax_words": worked["totals"].get("amount_incl_words") or "零圆整",
    }
    return make_invoice(
        *lines,
        kind="digital_special" if worked["invoice_kind"] == "81" else "digital_ordinary",
        totals=totals,
        red=None if worked["blue"] else {"blue_number": NUMBER, "confirmation_number": "420100261100000001"},
        qr_text=f"01,32,,{NUMBER},{totals['amount_with_tax']},20261124,,2541",
    )


LONG_NAME = "武汉光谷人工智能与集成电路（光电子信息）产业发展研究院股份有限公司第二分公司华中区域营销管理中心"
HOSTILE = [
    '<img src="http://127.0.0.1:9/x.png">',
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "@import url(file:///etc/passwd);",
    "(paren) \\backslash\\ %percent >gt< [x] /Name",
    '=HYPERLINK("x")\'--; DROP TABLE x',
]


def hard_invoices() -> dict[str, dict[str, Any]]:
    """One invoice for each thing that is hard to print."""
    long_text = "测试长文本第" + "一二三四五六七八九十" * 9 + "终"
    longest = "*计算机外部设备*" + long_text
    return {
        "long_names": make_invoice(
            make_line("*计算机外部设备*无线静音人体工学垂直鼠标", specification="M720-Pro"),
            make_line(
                "*软件维护服务*" + LONG_NAME, specification="年度服务（含现场支持与升级）", unit="人·月"
            ),
            make_line("*餐饮服务*餐费"),
            seller=SELLER | {"name": LONG_NAME + LONG_NAME[:50]},
            buyer=BUYER | {"name": LONG_NAME},
        ),
        "longest_cells": make_invoice(
            make_line(longest, specification=long_text[:39] + "终", unit="一二三四五六七八九十" * 2 + "箱终"),
            make_line(quantity="123456789012.123456789012", unit_price="999999999999.987654321098"),
            make_line("*" + "特" * 30 + "*" + "长" * 100),
        ),
        "remarks_450": make_invoice(remarks="备" * 449 + "终"),
        "remarks_feeds": make_invoice(remarks="\n".join(["行"] * 200) + "终"),
        "print_everything": make_invoice(
            remarks="合同编号 HT-2026-77",
            print={"seller_bank": True, "seller_address": True, "buyer_bank": True, "buyer_address": True},
        ),
        "remarks_full": make_invoice(
            remarks="备" * 449 + "终",
            print=dict.fromkeys(("seller_bank", "seller_address", "buyer_bank", "buyer_address"), True),
            payee="王五",
            reviewer="李四",
        ),
        "remarks_continued": make_invoice(
            *(make_line(f"*计算机外部设备*键盘{n}") for n in range(1, 6)),
            remarks="备" * 449 + "终",
            seller=SELLER | {"name": LONG_NAME, "address": "址" * 149 + "终", "bank_name": "行" * 99 + "终"},
            print=dict.fromkeys(("seller_bank", "seller_address", "buyer_bank", "buyer_address"), True),
            payee="王五",
        ),
        "exempt": make_invoice(make_line(printed_rate="免税", printed_tax="***")),
        "not_taxable": make_invoice(make_line(printed_rate="不征税", printed_tax="***")),
        "mixed_tax": make_invoice(make_line(printed_rate="免税", printed_tax="***"), make_line()),
        "person": make_invoice(buyer={"name": "个人", "tax_id": ""}, drawer=""),
        "rare_names": make_invoice(buyer=BUYER | {"name": "喆镕堃𠮷𫖯𪨰（龘䶮）"}, drawer="𠮷㛃"),
        "hostile": make_invoice(
            *map(make_line, HOSTILE), buyer=BUYER | {"name": HOSTILE[0]}, remarks="\n".join(HOSTILE)
        ),
        "dry_run": make_invoice(mark="dry_run"),
        "two_pages": make_invoice(*(make_line(f"*计算机外部设备*键盘{n}") for n in range(1, 10))),
        "large_total": make_invoice(
            totals={
                "amount": "-9999999999.99",
                "tax": "-1299999999.99",
                "amount_with_tax": "-9999999999.99",
                "amount_with_tax_words": "（负数）玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖圆玖角玖分",
            }
        ),
    }
