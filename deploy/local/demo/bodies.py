"""What the demo issues: the worked invoices of the trade and a hundred varied ones."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORKED = Path(__file__).with_name("worked_bodies.json")
GOODS: list[tuple[str, str, str, str]] = [
    ("键盘", "1090511030000000000", "0.13", "个"),
    ("*计算机外部设备*显示器", "1090511030000000000", "0.13", "台"),
    ("燕麦", "1010101070000000000", "0.09", "千克"),
    ("餐费", "3070401000000000000", "0.06", "次"),
    ("技术服务费", "3040105000000000000", "0.06", "项"),
    ("矿泉水", "1100301030000000000", "0.13", "箱"),
]
PLACES = ("武汉", "杭州", "成都", "西安", "广州", "厦门", "苏州", "青岛")
WORDS = ("东湖", "星河", "云杉", "白鹭", "长风", "晨曦", "青峰", "锦绣", "喆思", "镕信")
TRADES = ("商贸", "科技", "文化", "餐饮管理", "物流", "医疗器械", "教育咨询")
# Valid check digits; the companies are invented.
TAX_IDS = ("91510104MA4000R22A", "91440106MA4004CT9E", "91350203MA4000362B")


def worked_bodies(run: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, body) of each blue worked invoice."""
    for name, body in json.loads(WORKED.read_text("utf-8")).items():
        yield name, {**body, "reference": f"{name}-{run}", **_common(f"{name.lower()}-{run}", run)}


def paper_body(run: str) -> tuple[str, dict[str, Any]]:
    """(name, body) of an invoice that is printed over stock."""
    goods = ("键盘", "1090511030000000000", "0.13", "个")
    line = dict(zip(("name", "tax_class_code", "tax_rate", "unit"), goods, strict=True))
    body = {
        "kind": "paper_ordinary",
        "reference": f"P01-{run}",
        "buyer": {"name": "厦门白鹭商贸有限公司", "tax_id": TAX_IDS[2]},
        "lines": [line | {"quantity": "12", "unit_price": "86.5"}],
        "payee": "王五",
        "reviewer": "李四",
        "drawer": "张三",
    }
    return "P01", body | _common(f"p01-{run}", run)


def varied_bodies(run: str, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, body): other buyers, goods, rates, forms of lines, discounts and lengths."""
    chance = random.Random(run)  # noqa: S311 - variety, not secrecy
    for number in range(1, count + 1):
        name = f"D{number:03}"
        is_special = chance.random() < 0.3
        yield (
            name,
            {
                "kind": "digital_special" if is_special else "digital_ordinary",
                "reference": f"{name}-{run}",
                "buyer": _buyer(chance, is_special=is_special),
                "lines": [_line(chance) for _ in range(chance.choice((1, 1, 2, 3, 5, 8, 12)))],
                "remarks": chance.choice(("", "", "合同号 HT-2026-001", "感谢惠顾\n请核对后入账")),
                "drawer": chance.choice(("张三", "李四", "王小明")),
                **_common(f"{name.lower()}-{run}", run),
            },
        )


def run_tag(run: str) -> str:
    """What all invoices of one run of the demo are found by."""
    return f"demo-{run}"


def _common(mailbox: str, run: str) -> dict[str, Any]:
    deliver = {"channels": ["email"], "to": {"email": f"{mailbox}@example.cn"}}
    return {"deliver": deliver, "tags": [run_tag(run)]}


def _buyer(chance: random.Random, *, is_special: bool) -> dict[str, Any]:
    if not is_special and chance.random() < 0.2:
        return {"name": "个人", "is_individual": True}
    name = f"{chance.choice(PLACES)}{chance.choice(WORDS)}{chance.choice(TRADES)}有限公司"
    return {"name": name, "tax_id": chance.choice(TAX_IDS)}


def _line(chance: random.Random) -> dict[str, Any]:
    name, code, rate, unit = chance.choice(GOODS)
    line: dict[str, Any] = {"name": name, "tax_class_code": code, "tax_rate": rate, "unit": unit}
    cents = chance.randrange(100, 500_000)
    amount = f"{cents // 100}.{cents % 100:02}"
    form = chance.choice(("price", "price with tax", "amount", "sum with tax", "discount"))
    if form in {"amount", "sum with tax"}:
        return line | {"amount": amount, "tax_included": form == "sum with tax"}
    line |= {"quantity": str(chance.randrange(1, 40)), "unit_price": amount}
    if form == "price with tax":
        line["tax_included"] = True
    if form == "discount":
        line["discount"] = {"rate": "0.10"}
    return line
