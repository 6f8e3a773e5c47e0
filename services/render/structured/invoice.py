"""What the structured documents tell of an issued invoice: all that is on its face and the codes behind it.

What belongs to the seller's own books (reference, tags, contacts for delivery) stands in none of them.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.render.page import face

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Party(face.Party, frozen=True):
    """Seller or buyer; a person has no tax id of a company."""

    is_individual: bool = False


class Line(face.Line, frozen=True, kw_only=True):
    """One line with the codes that a page does not show."""

    tax_rate: str
    tax: str
    amount_with_tax: str
    nature: str = "normal"
    tax_class_code: str | None = ""
    policy: str | None = None
    zero_rate: str | None = None
    blue_line_no: int | None = None


class Invoice(face.Face, frozen=True):
    """As the face, with whole lines and parties."""

    seller: Party
    buyer: Party
    lines: tuple[Line, ...]

    @property
    def local_time(self) -> str:
        """When it was issued, in Asia/Shanghai to the second."""
        return f"{self.issued_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"

    @property
    def lawful_remarks(self) -> str:
        """The remarks with what must stand first in them: the blue invoice's number, or the deduction."""
        return f"{face.prefix_remarks(self)}{self.remarks or ''}".rstrip()


def read_invoice(invoice: Mapping[str, Any] | msgspec.Struct) -> Invoice:
    """From the public answer or the issued event; raises msgspec.ValidationError where something is missing."""
    return msgspec.convert(invoice, Invoice, from_attributes=True)


def whole_number(number: str, code: str | None) -> str:
    """发票代码 and number written together, as long as a digital number where the code has 12 digits."""
    return f"{code or ''}{number}"
