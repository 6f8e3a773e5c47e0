"""What is printed of an invoice: the fields of the public answer (or of the issued event) that a page shows."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from libs.common.contracts.special_business import SpecialBusinessDocument

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
    line_no: int = 0
    deduction: str | None = None

    @property
    def position(self) -> str:
        """序号."""
        return str(self.line_no)


class Totals(msgspec.Struct, frozen=True):
    """Sums of all lines, the last also in capital words."""

    amount: str
    tax: str
    amount_with_tax: str
    amount_with_tax_words: str


class Red(msgspec.Struct, frozen=True):
    """The blue invoice that a red one reverses (with 发票代码 if it has one), and the confirmation form's number."""

    blue_number: str
    confirmation_number: str | None = ""
    blue_code: str | None = None


class PrintFlags(msgspec.Struct, frozen=True):
    """Which bank and address lines go into the remarks."""

    seller_bank: bool = False
    seller_address: bool = False
    buyer_bank: bool = False
    buyer_address: bool = False


class Face(msgspec.Struct, frozen=True):
    """Everything that a page shows; `code` and `check_code` only of kinds that have them.

    `mark` is of a document's version and not of the invoice: what has become of it since, or that it was only tried
    and never issued. `xml` is the structured document to enclose, where it has been made already.
    """

    kind: str
    number: str
    issue_date: date
    issued_at: datetime
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    totals: Totals
    qr_text: str
    code: str | None = None
    check_code: str | None = None
    remarks: str | None = ""
    drawer: str | None = ""
    payee: str | None = ""
    reviewer: str | None = ""
    special_business: SpecialBusinessDocument | None = None
    red: Red | None = None
    print: PrintFlags | None = None
    mark: Literal["voided", "dry_run"] | None = None
    xml: bytes | None = None


def read_face(invoice: Mapping[str, Any] | msgspec.Struct) -> Face:
    """The printed part of an issued invoice; raises msgspec.ValidationError where something is missing."""
    return msgspec.convert(invoice, Face, from_attributes=True)


def head_values(face: Face) -> dict[str, str]:
    """Values that every page repeats, by the names of the layout's fields; no layout has places for all."""
    buyer, seller = face.buyer, face.seller
    return {
        "code": face.code or "",
        "number": face.number,
        "issue_date": f"{face.issue_date:%Y年%m月%d日}",
        "check_code": face.check_code or "",
        "buyer_name": buyer.name,
        "buyer_tax_id": buyer.tax_id or "",
        "buyer_contact": f"{buyer.address or ''} {buyer.phone or ''}".strip(),
        "buyer_bank": f"{buyer.bank_name or ''} {buyer.bank_account or ''}".strip(),
        "seller_name": seller.name,
        "seller_tax_id": seller.tax_id or "",
        "seller_contact": f"{seller.address or ''} {seller.phone or ''}".strip(),
        "seller_bank": f"{seller.bank_name or ''} {seller.bank_account or ''}".strip(),
        "drawer": face.drawer or "",
        "payee": face.payee or "",
        "reviewer": face.reviewer or "",
    }


def closing_values(face: Face) -> dict[str, str]:
    """Sums of the whole invoice, which stand on its last page."""
    return {
        "total_amount": face.totals.amount,
        "total_tax": total_tax(face),
        "words": face.totals.amount_with_tax_words,
        "amount_with_tax": face.totals.amount_with_tax,
    }


def total_tax(face: Face) -> str:
    """`***` where no line is charged."""
    charged = any(line.printed_tax != NO_TAX for line in face.lines)
    return face.totals.tax if charged else NO_TAX


def list_line(face: Face) -> Line:
    """The one line in the place of those that stand on a list (清单)."""
    rates = {line.printed_rate for line in face.lines}
    rate = rates.pop() if len(rates) == 1 else ""
    return Line("（详见销货清单）", face.totals.amount, rate, total_tax(face))


def page_values(lines: list[Line]) -> dict[str, str]:
    """小计 of one page; it may have rows of a special business only."""
    taxes = [Decimal(line.printed_tax) for line in lines if line.printed_tax != NO_TAX]
    amount = sum((Decimal(line.amount) for line in lines), Decimal("0.00"))
    return {
        "page_amount": f"{amount:.2f}",
        "page_tax": f"{sum(taxes, Decimal('0.00')):.2f}" if taxes or not lines else NO_TAX,
    }


def prefix_remarks(face: Face) -> str:
    """What must stand first, unless the remarks already begin with it: the blue invoice's number, the deduction."""
    remarks = face.remarks or ""
    deduction = next((line.deduction for line in face.lines if line.deduction), None)
    if face.red and not remarks.startswith(("被红冲蓝字", "对应正数发票")):
        form = face.red.confirmation_number
        confirmation = f"红字发票信息确认单编号：{form} " if form else ""
        return f"{_name_blue(face.red)} {confirmation}"
    return f"差额征税：{deduction}。" if deduction and not remarks.startswith("差额征税") else ""


def _name_blue(red: Red) -> str:
    if red.blue_code:
        return f"对应正数发票代码:{red.blue_code} 号码:{red.blue_number}"
    return f"被红冲蓝字数电发票号码：{red.blue_number}"
