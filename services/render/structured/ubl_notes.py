"""What a Chinese invoice says and EN 16931 has no place for, as notes (BT-22) by their Chinese names."""

from collections.abc import Iterator

from libs.common.contracts.special_business import PassengerTransportDocument
from services.render.page.business import business_rows
from services.render.structured.additional import list_additional
from services.render.structured.codes import MARKS, find_kind
from services.render.structured.countries import find_country
from services.render.structured.invoice import Invoice, Party

_SAMPLE = "样票：非税务机关开具 Sample: not issued by a tax authority"
_COUNTRY = "发票未载明购买方国家，CN 为开票地 The buyer's country is not stated; CN is where it was issued"
_JOURNEY = {
    "traveller": "出行人",
    "document_type": "证件类型",
    "document_number": "证件号码",
    "travel_date": "出行日期",
    "origin": "出发地",
    "destination": "到达地",
    "seat_class": "等级",
    "transport": "交通工具类型",
}


def buyer_country(buyer: Party) -> str | None:
    """A tax id is a Chinese one; without it the address may name a country."""
    return "CN" if buyer.tax_id else find_country(buyer.address or "")


def list_notes(invoice: Invoice) -> list[str]:
    return [_SAMPLE, *_said_notes(invoice), *(f"{name}：{value}" for name, value in _facts(invoice) if value)]


def _said_notes(invoice: Invoice) -> Iterator[str]:
    if invoice.mark:
        yield " ".join(MARKS[invoice.mark][1:])
    if invoice.lawful_remarks:
        yield invoice.lawful_remarks
    if buyer_country(invoice.buyer) is None:
        yield _COUNTRY


def _facts(invoice: Invoice) -> Iterator[tuple[str, str]]:
    yield "发票种类", find_kind(invoice.kind).name
    yield "价税合计（大写）", invoice.totals.amount_with_tax_words
    yield "开票人", invoice.drawer or ""
    yield "红字发票信息确认单编号", (invoice.red.confirmation_number or "") if invoice.red else ""
    yield "销方开户银行", invoice.seller.bank_name or ""
    yield "购方开户银行", invoice.buyer.bank_name or ""
    yield "购方银行账号", invoice.buyer.bank_account or ""
    yield from list_additional(invoice)
    if isinstance(invoice.special_business, PassengerTransportDocument):
        for number, row in enumerate(business_rows(invoice.special_business), start=1):
            yield (
                f"旅客运输{number}",
                "，".join(f"{_JOURNEY[name]} {row[name]}" for name in _JOURNEY if row[name]),
            )
