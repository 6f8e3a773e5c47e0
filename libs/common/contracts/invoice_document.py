"""The invoice as its events carry it: whole, so that render, notify and support never call back.

Amounts, prices, quantities and rates are decimal strings as in the public API.
"""

from datetime import date
from uuid import UUID

import msgspec

from libs.common.contracts.base import Instant
from libs.common.contracts.special_business import SpecialBusinessDocument


class PartyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Seller or buyer as printed; empty strings where nothing was given."""

    name: str
    tax_id: str
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    email: str = ""
    mobile: str = ""
    is_individual: bool = False


class LineDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One printed line; `unit_price` and `amount` exclude tax; `nature` is normal, discounted or discount."""

    line_no: int
    nature: str
    name: str
    specification: str
    unit: str
    tax_class_code: str
    policy: str | None
    quantity: str | None
    unit_price: str | None
    amount: str
    tax_rate: str
    tax: str
    amount_with_tax: str
    printed_rate: str
    printed_tax: str
    zero_rate: str | None = None
    deduction: str | None = None
    blue_line_no: int | None = None


class TotalsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Plain sums of the lines, and the total with tax in capital words."""

    amount: str
    tax: str
    amount_with_tax: str
    amount_with_tax_words: str


class DeliverDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to send the document: `channels` in order, `to` maps a channel to its address."""

    channels: tuple[str, ...] = ()
    to: dict[str, str] = {}


class PrintDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Which bank and address lines of the parties stand in the remarks."""

    seller_bank: bool = False
    seller_address: bool = False
    buyer_bank: bool = False
    buyer_address: bool = False


class RedDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a red invoice takes back and by which confirmation form; the face names both numbers."""

    blue_id: UUID
    blue_number: str
    form_id: UUID
    confirmation_number: str
    reason: str
    blue_code: str | None = None
    """The blue invoice's 发票代码, where its kind has one."""


class FaceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on an invoice, by the names of the public answer; null what only an issued one has."""

    kind: str
    number: str | None
    code: str | None
    issue_date: date | None
    issued_at: Instant | None
    seller: PartyDocument
    buyer: PartyDocument
    lines: tuple[LineDocument, ...]
    totals: TotalsDocument
    qr_text: str | None
    remarks: str
    drawer: str
    special_business: SpecialBusinessDocument | None = None
    red: RedDocument | None = None
    """Only on a red invoice, whose quantities and sums are negative."""
    check_code: str | None = None
    """校验码 of a tax-control invoice, 20 digits."""
    payee: str = ""
    reviewer: str = ""
    """收款人 and 复核人: at the foot of a tax-control face, in the remarks of a digital one."""
    print: PrintDocument = PrintDocument()


class InvoiceDocument(FaceDocument, frozen=True, kw_only=True):
    """An invoice with all that is printed on it, and what belongs to the seller's own books."""

    id: UUID
    taxpayer_id: UUID
    reference: str
    tags: tuple[str, ...] = ()
    deliver: DeliverDocument = DeliverDocument()
    rule_pack: str | None = None
    """The rules it was judged by: the first day of the pack; None where that was not kept."""
    replaces: UUID | None = None
    """The wholly reversed invoice in whose place this one was issued."""
