"""The bureau's requests and answers. Lines, buyer and totals have the shape they have on an issued invoice."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sandbox.bureau.faults import Mode
from sandbox.bureau.numbers import LARGEST_BLOCK, Channel
from sandbox.bureau.rejections import Rejection
from sandbox.serving.paging import BEGINNING, Cursor

Money = Annotated[str, Meta(pattern=r"^-?(0|[1-9][0-9]{0,14})\.[0-9]{2}\Z")]
Rate = Annotated[str, Meta(pattern=r"^[01](\.[0-9]{1,6})?\Z")]
Seller = Annotated[str, Meta(pattern=r"^[0-9A-Z]{15,20}\Z")]
Serial = Annotated[str, Meta(pattern=r"^[!-~]{1,128}\Z")]
# A digital number, or code and number together.
Number = Annotated[str, Meta(pattern=r"^[0-9]{18}([0-9]{2})?\Z")]
Period = Annotated[str, Meta(pattern=r"^20[0-9]{2}(0[1-9]|1[0-2])\Z")]
Year = Annotated[int, Meta(ge=2000, le=2099)]
Text = Annotated[str, Meta(max_length=600)]
PageSize = Annotated[int, Meta(ge=1, le=1000)]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown fields are refused, so that a misspelt one is never lost."""


class BlockOrder(Request, frozen=True):
    """Numbers of one calendar year; the same `request_id` always gets the same block."""

    request_id: Serial
    seller: Seller
    year: Year
    count: Annotated[int, Meta(ge=1, le=LARGEST_BLOCK)]


class StockOrder(Request, frozen=True):
    """Numbers under a code of the kind; the same `request_id` always gets the same block."""

    request_id: Serial
    seller: Seller
    kind: Literal["paper_special", "paper_ordinary", "tax_control_special", "tax_control_ordinary"]
    count: Annotated[int, Meta(ge=1, le=LARGEST_BLOCK)]


class Buyer(Request, frozen=True):
    """The name may hold a magic word (faults.py)."""

    name: Annotated[str, Meta(min_length=1, max_length=600)]
    tax_id: Annotated[str, Meta(max_length=20)] = ""
    address: Text = ""
    phone: Text = ""
    bank_name: Text = ""
    bank_account: Text = ""
    email: Text = ""
    mobile: Text = ""
    is_individual: bool = False


class Line(Request, frozen=True):
    """`amount` is without tax; a discount line and a red line are negative."""

    name: Annotated[str, Meta(min_length=1, max_length=600)]
    tax_class_code: Annotated[str, Meta(pattern=r"^[0-9]{19}\Z")]
    tax_rate: Rate
    amount: Money
    tax: Money
    amount_with_tax: Money | None = None
    line_no: int | None = None
    blue_line_no: int | None = None
    nature: Text | None = None
    specification: Text | None = None
    unit: Text | None = None
    quantity: Text | None = None
    unit_price: Text | None = None
    policy: Text | None = None
    zero_rate: Text | None = None
    deduction: Text | None = None
    printed_rate: Text | None = None
    printed_tax: Text | None = None


class Totals(Request, frozen=True):
    """Plain sums of the lines."""

    amount: Money
    tax: Money
    amount_with_tax: Money
    amount_with_tax_words: Text | None = None


class RedReference(Request, frozen=True):
    """The blue invoice and the confirmation form of a red one."""

    blue_number: Annotated[str, Meta(pattern=r"^[0-9]{18,20}\Z")]
    confirmation_number: Annotated[str, Meta(pattern=r"^[0-9]{18}\Z")]
    uuid: Serial | None = None


class Submission(Request, frozen=True):
    """One invoice. (`seller`, `serial`) is its identity for ever."""

    channel: Channel
    seller: Seller
    serial: Serial
    kind: Annotated[str, Meta(max_length=32)]
    buyer: Buyer
    lines: Annotated[list[Line], Meta(min_length=1, max_length=2000)]
    totals: Totals
    # Both are required on local_blocks; on assigned_on_issue the bureau decides them.
    number: Annotated[str, Meta(pattern=r"^[0-9]{8}([0-9]{12})?\Z")] | None = None
    issue_date: date | None = None
    # Beside a number of 8 digits.
    code: Annotated[str, Meta(pattern=r"^[0-9]{10}([0-9]{2})?\Z")] | None = None
    check_code: Annotated[str, Meta(pattern=r"^[0-9]{20}\Z")] | None = None
    seller_name: Text | None = None
    drawer: Text | None = None
    remarks: Annotated[str, Meta(max_length=2000)] | None = None
    special_business: dict[str, Any] | None = None
    red: RedReference | None = None

    @property
    def whole_number(self) -> str | None:
        """With its code, so that it is the only one."""
        return None if self.number is None else f"{self.code or ''}{self.number}"


class Batch(Request, frozen=True):
    """Entries are read one by one, so that a malformed one spoils only itself."""

    invoices: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=500)]


class InvoiceQuery(Request, frozen=True):
    """By (`seller`, `serial`) or by `number`."""

    seller: Seller | None = None
    serial: Serial | None = None
    number: Number | None = None

    def __post_init__(self) -> None:
        if self.number is None and (self.seller is None or self.serial is None):
            raise ValueError("give seller and serial, or number")


class QueryBatch(Request, frozen=True):
    """Many look-ups at once."""

    invoices: Annotated[list[InvoiceQuery], Meta(min_length=1, max_length=500)]


class SellerQuery(Request, frozen=True):
    """One seller."""

    seller: Seller


class QuotaQuery(SellerQuery, frozen=True):
    """A month, by default the present one."""

    period: Period | None = None


class ListQuery(SellerQuery, frozen=True):
    """One page of what the bureau holds of a seller."""

    cursor: Cursor = BEGINNING
    limit: PageSize = 200


class FaultOrder(Request, frozen=True):
    """The next `count` calls or invoices suffer; 0 ends the mode."""

    mode: Mode
    count: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    seller: Seller | None = None


class ClockOrder(Request, frozen=True):
    """Seconds added to the machine's clock, at most ten years either way."""

    offset_seconds: Annotated[int, Meta(ge=-315_360_000, le=315_360_000)]


class QuotaOrder(QuotaQuery, frozen=True):
    """What is absent stays as it is."""

    total: Money | None = None
    suspended: bool | None = None


class BlockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A block of consecutive numbers."""

    request_id: str
    seller: str
    first: str
    last: str
    count: int
    year: int


class StockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A block of consecutive numbers under a code."""

    request_id: str
    seller: str
    kind: str
    code: str
    first: str
    last: str
    count: int


class InvoiceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`status` answers this call, `state` is how the invoice stands now.

    `status`: `accepted` (pending, query later), `issued`, `rejected`, `duplicate`, `login_needed`; a query answers
    with the state. `state`: `not_found`, `pending`, `issued`, `rejected`, `voided`.
    """

    seller: str | None
    serial: str | None
    status: str
    state: Literal["not_found", "pending", "issued", "rejected", "voided"]
    code: str | None = None
    number: str | None = None
    issued_at: str | None = None
    submissions: int = 0
    error: Rejection | None = None


class QuotaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Sums without tax, of one calendar month."""

    seller: str
    period: str
    total: str
    used: str
    available: str
    suspended: bool
