"""The kinds of invoice and their codes in the trade's code families; the table itself is data.

`01` is a special invoice on paper for the bureau and a digital one for 乐企 and Baiwang, so each family is a type.
"""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

BureauCode = NewType("BureauCode", str)
LeqiCode = NewType("LeqiCode", str)
TaxControlCode = NewType("TaxControlCode", str)
NuonuoLine = NewType("NuonuoLine", str)
BaiwangCode = NewType("BaiwangCode", str)
YonbipCode = NewType("YonbipCode", str)
QrCode = NewType("QrCode", str)


class InvoiceKind(StrEnum):
    """Every kind of the bureau's list; which ones can be issued says the catalogue."""

    DIGITAL_SPECIAL = "digital_special"
    DIGITAL_ORDINARY = "digital_ordinary"
    PAPER_SPECIAL = "paper_special"
    PAPER_ORDINARY = "paper_ordinary"
    TAX_CONTROL_SPECIAL = "tax_control_special"
    TAX_CONTROL_ORDINARY = "tax_control_ordinary"
    FREIGHT_SPECIAL = "freight_special"
    MOTOR_VEHICLE = "motor_vehicle"
    ROLL_ORDINARY = "roll_ordinary"
    TOLL = "toll"
    USED_VEHICLE = "used_vehicle"
    RAILWAY_TICKET = "railway_ticket"
    AIR_ITINERARY = "air_itinerary"
    DIGITAL_MOTOR_VEHICLE = "digital_motor_vehicle"
    DIGITAL_USED_VEHICLE = "digital_used_vehicle"
    DIGITAL_PAPER_SPECIAL = "digital_paper_special"
    DIGITAL_PAPER_ORDINARY = "digital_paper_ordinary"
    DIGITAL_PAPER_MOTOR_VEHICLE = "digital_paper_motor_vehicle"
    DIGITAL_PAPER_USED_VEHICLE = "digital_paper_used_vehicle"


# What a taxpayer can be entitled to, and is unless its settings say less.
ENTITLEMENTS = (
    InvoiceKind.DIGITAL_SPECIAL,
    InvoiceKind.DIGITAL_ORDINARY,
    InvoiceKind.PAPER_SPECIAL,
    InvoiceKind.PAPER_ORDINARY,
    InvoiceKind.TAX_CONTROL_SPECIAL,
    InvoiceKind.TAX_CONTROL_ORDINARY,
)

# Numbered by 8 digits under a 发票代码 from the taxpayer's own stock, whoever gives it digital numbers.
STOCKED = frozenset(ENTITLEMENTS) - {InvoiceKind.DIGITAL_SPECIAL, InvoiceKind.DIGITAL_ORDINARY}
# Those that carry a 校验码.
CHECKED = frozenset({InvoiceKind.PAPER_ORDINARY, InvoiceKind.TAX_CONTROL_ORDINARY})


class Medium(StrEnum):
    """What carries the invoice."""

    PAPER = "paper"
    TAX_CONTROL = "tax_control"
    DIGITAL = "digital"
    DIGITAL_ON_PAPER = "digital_on_paper"


class VoidWindow(StrEnum):
    """How long an invoice of a kind can be voided; each is counted in Asia/Shanghai."""

    MONTH_OF_ISSUE = "month_of_issue"


class KindCodes(Struct, frozen=True):
    """One kind in every code family; None where the family does not know it."""

    bureau: BureauCode
    leqi: LeqiCode | None
    tax_control: TaxControlCode | None
    nuonuo: NuonuoLine | None
    baiwang: BaiwangCode | None
    yonbip: YonbipCode | None
    qr: QrCode | None


class KindEntry(Struct, frozen=True):
    """What the catalogue says about a kind.

    `number_form` is the digits of code and number: `20`, `12+8`, `10+8` or `20+paper`. A kind that is not issuable
    says why by a stable code and in two languages. `void_window` None: it can at no time be voided.
    """

    name: str
    name_zh: str
    medium: Medium
    number_form: str
    void_window: VoidWindow | None
    is_special: bool
    codes: KindCodes
    is_issuable: bool
    reason_code: str | None
    reason: str
    reason_zh: str
    example: str
    example_zh: str

    @property
    def is_voidable(self) -> bool:
        return self.void_window is not None


KindCatalogue = dict[InvoiceKind, KindEntry]
