"""What is printed of an invoice: the fields of the public answer (or of the issued event) that a page shows."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

NO_TAX = "***"  # printed in the place of a tax that is not charged or not shown


class Party(msgspec.Struct, frozen=True):
    """Seller or buyer."""

    name: str
    tax_id: str | None = ""
    address: str | None = ""
    phone: str | None = ""
    bank_name: str | None = ""
    bank_account: str | None = ""


class Line(msgspec.Struct, frozen=True):
    """One line as it stands in the item table; amounts exclude tax. `deduction` is that of difference taxation."""

    name: str
    amount: str
    printed_rate: str
    printed_tax: str
    specification: str | None = ""
    unit: str | None = ""
    quantity: str | None = ""
    unit_price: str | None = ""
    deduction: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """Sums of all lines, the last also in capital words."""

    amount: str
    tax: str
    amount_with_tax: str
    amount_with_tax_words: str


class Red(msgspec.Struct, frozen=True):
    """The blue invoice that a red one reverses, and the confirmation form's number."""

    blue_number: str
    confirmation_number: str | None = ""


class PrintFlags(msgspec.Struct, frozen=True):
    """Which bank and address lines go into the remarks."""

    seller_bank: bool = False
    seller_address: bool = False
    buyer_bank: bool = False
    buyer_address: bool = False


class Face(msgspec.Struct, frozen=True):
    """Everything that a page shows."""

    kind: str
    number: str
    issue_date: date
    issued_at: datetime
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    totals: Totals
    qr_text: str
    remarks: str | None = ""
    drawer: str | None = ""
    red: Red | None = None
    print: PrintFlags | None = None


def read_face(invoice: Mapping[str, Any] | msgspec.Struct) -> Face:
    """The printed part of an issued invoice; raises msgspec.ValidationError where something is missing."""
    return msgspec.convert(invoice, Face, from_attributes=True)


def head_values(face: Face) -> dict[str, str]:
    """Values that every page repeats, by the names of the layout's fields."""
    return {
        "number": face.number,
        "issue_date": f"{face.issue_date:%Y年%m月%d日}",
        "buyer_name": face.buyer.name,
        "buyer_tax_id": face.buyer.tax_id or "",
        "seller_name": face.seller.name,
        "seller_tax_id": face.seller.tax_id or "",
        "drawer": face.drawer or "",
    }


def closing_values(face: Face) -> dict[str, str]:
    """Values of the whole invoice that stand on its last page."""
    charged = any(line.printed_tax != NO_TAX for line in face.lines)
    return {
        "total_amount": face.totals.amount,
        "total_tax": face.totals.tax if charged else NO_TAX,
        "words": face.totals.amount_with_tax_words,
        "amount_with_tax": face.totals.amount_with_tax,
        "remarks": compose_remarks(face),
    }


def page_values(lines: list[Line]) -> dict[str, str]:
    """小计 of one page."""
    taxes = [Decimal(line.printed_tax) for line in lines if line.printed_tax != NO_TAX]
    amount = sum((Decimal(line.amount) for line in lines), Decimal("0.00"))
    return {
        "page_amount": f"{amount:.2f}",
        "page_tax": f"{sum(taxes, Decimal('0.00')):.2f}" if taxes else NO_TAX,
    }


def compose_remarks(face: Face) -> str:
    """The remark area: what the law puts first, the remarks, and the lines that the print flags ask for."""
    flags = face.print or PrintFlags()
    bank_and_address = [
        (flags.buyer_bank, "购方开户银行", face.buyer.bank_name, "银行账号", face.buyer.bank_account),
        (flags.buyer_address, "购方地址", face.buyer.address, "电话", face.buyer.phone),
        (flags.seller_bank, "销方开户银行", face.seller.bank_name, "银行账号", face.seller.bank_account),
        (flags.seller_address, "销方地址", face.seller.address, "电话", face.seller.phone),
    ]
    extra = [
        f"{a}:{one or ''}; {b}:{two or ''};"
        for asked, a, one, b, two in bank_and_address
        if asked and (one or two)
    ]
    return "\n".join([f"{prefix_remarks(face)}{face.remarks or ''}".rstrip(), *extra]).strip("\n")


def prefix_remarks(face: Face) -> str:
    """What must stand first, unless the remarks already begin with it: the blue invoice's number, the deduction."""
    remarks = face.remarks or ""
    deduction = next((line.deduction for line in face.lines if line.deduction), None)
    if face.red and not remarks.startswith("被红冲蓝字"):
        form = face.red.confirmation_number
        confirmation = f"红字发票信息确认单编号：{form} " if form else ""
        return f"被红冲蓝字数电发票号码：{face.red.blue_number} {confirmation}"
    return f"差额征税：{deduction}。" if deduction and not remarks.startswith("差额征税") else ""
