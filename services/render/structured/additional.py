"""附加信息: facts for which the public samples of the EInvoice show no element of their own, by name and value.

The bureau's files have elements for them whose names are not published; `Additional` is the room those files leave.
"""

from collections.abc import Iterator
from typing import NamedTuple

from libs.common.contracts.special_business import PassengerTransportDocument
from services.render.page.business import business_facts, business_name, business_rows
from services.render.structured.codes import POLICIES, ZERO_RATES
from services.render.structured.invoice import Invoice, Line

# Names of the rows' columns, of co-buyers and transports; journeys have elements of their own.
_ROWS = {
    "transport": "运输工具种类",
    "vehicle_number": "运输工具牌号",
    "origin": "起运地",
    "destination": "到达地",
    "goods": "运输货物名称",
    "co_buyer": "共同购买方",
    "document_type": "证件类型",
    "document_number": "证件号码",
}


class Fact(NamedTuple):
    """`name` is unique in a document."""

    name: str
    value: str


def list_additional(invoice: Invoice) -> list[Fact]:
    """In the order of the document; only what has a value."""
    facts = [*_of_invoice(invoice), *_of_business(invoice), *_of_lines(invoice)]
    return [fact for fact in facts if fact.value]


def _of_invoice(invoice: Invoice) -> Iterator[Fact]:
    yield Fact("发票代码", invoice.code or "")
    yield Fact("校验码", invoice.check_code or "")
    yield Fact("收款人", invoice.payee or "")
    yield Fact("复核人", invoice.reviewer or "")
    yield Fact("购买方自然人标志", "Y" if invoice.buyer.is_individual else "")


def _of_business(invoice: Invoice) -> Iterator[Fact]:
    business = invoice.special_business
    if business is None or isinstance(business, PassengerTransportDocument):
        return
    yield from (Fact(name, value) for name, value in business_facts(business))
    title = "共同购买方" if business_name(business) == "real_estate_sale" else "货物运输"
    for number, row in enumerate(business_rows(business), start=1):
        yield from (Fact(f"{title}{number}.{_ROWS[name]}", value) for name, value in row.items())


def _of_lines(invoice: Invoice) -> Iterator[Fact]:
    for number, line in enumerate(invoice.lines, start=1):
        if line.policy or line.zero_rate or line.deduction or line.blue_line_no:
            yield from (Fact(f"明细{number}.{name}", value) for name, value in _of_line(line))


def _of_line(line: Line) -> Iterator[tuple[str, str]]:
    yield "优惠政策标识", POLICIES.get(line.policy or "", line.policy or "")
    yield "零税率标识", ZERO_RATES.get(line.zero_rate or "", line.zero_rate or "")
    yield "扣除额", line.deduction or ""
    yield "对应蓝字明细序号", str(line.blue_line_no or "")
