"""The bureau's requests about what takes invoices back: red-letter forms, voids, and what the buyer has done."""

from typing import Annotated, Literal

from msgspec import Meta

from sandbox.bureau.schemas import Money, Request, Seller, Serial, Text, Totals


class FormLine(Request, frozen=True):
    """What is taken of a blue line; negative."""

    blue_line_no: Annotated[int, Meta(ge=1)]
    amount: Money
    tax: Money
    quantity: Text | None = None
    unit_price: Text | None = None


class FormApplication(Request, frozen=True):
    """Red sums are negative; `reason` is chyyDm 01 to 04. (`seller`, `serial`) is the form's identity."""

    seller: Seller
    serial: Serial
    number: Annotated[str, Meta(pattern=r"^[0-9]{18,20}\Z")]
    reason: Annotated[str, Meta(pattern=r"^0[1-4]\Z")]
    lines: Annotated[list[FormLine], Meta(min_length=1, max_length=2000)]
    totals: Totals


class FormQuery(Request, frozen=True):
    """One form of a seller."""

    seller: Seller
    serial: Serial


class FormQueries(Request, frozen=True):
    """Many forms at once."""

    forms: Annotated[list[FormQuery], Meta(min_length=1, max_length=500)]


class FormAction(FormQuery, frozen=True):
    """What the seller decides."""

    action: Literal["confirm", "reject", "revoke"]


class FormControl(Request, frozen=True):
    """The buyer's hand on a blue invoice's form."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{18,20}\Z")]
    action: Literal["confirm", "reject", "revoke", "apply", "issue"]


class VoidOrder(Request, frozen=True):
    """`number` of 8 digits under its code, or a digital one."""

    seller: Seller
    number: Annotated[str, Meta(pattern=r"^[0-9]{8}([0-9]{12})?\Z")]
    code: Annotated[str, Meta(pattern=r"^[0-9]{10}([0-9]{2})?\Z")] | None = None

    @property
    def whole_number(self) -> str:
        """With its code, so that it is the only one."""
        return f"{self.code or ''}{self.number}"


class UsageOrder(Request, frozen=True):
    """What the buyer does with the invoice."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{18,20}\Z")]
    usage: Literal["deducted", "booked", "none"]
