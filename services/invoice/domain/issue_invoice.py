"""The command to issue a blue invoice, as the caller states it: nothing is worked out yet."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer, PrintFlags
from services.invoice.domain.rules import Policy, ZeroRate


class Channel(StrEnum):
    """How the buyer may be sent the invoice."""

    EMAIL = "email"


class DeliverTo(Struct, frozen=True):
    """Where to; an empty e-mail address means the buyer's."""

    email: str = ""


class Deliver(Struct, frozen=True):
    """What to send to the buyer once the document is there."""

    channels: tuple[Channel, ...]
    to: DeliverTo = DeliverTo()


class Discount(Struct, frozen=True):
    """Exactly one of a share of the line (0 < rate ≤ 1) and a sum, which contains tax if the line's sums do."""

    rate: Decimal | None = None
    amount: Decimal | None = None


class RequestedLine(Struct, frozen=True, kw_only=True):
    """One line of goods.

    Sums are given by quantity and unit price, by amount, or by all three; `tax_included` says whether `unit_price`,
    `amount` and `discount` contain tax. `tax` is kept as declared if it is within the tolerances. `deduction` makes
    the line one of difference taxation (差额征税).
    """

    name: str
    tax_class_code: str
    tax_rate: Decimal
    specification: str = ""
    unit: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    tax_included: bool = False
    tax: Decimal | None = None
    discount: Discount | None = None
    policy: Policy | None = None
    zero_rate: ZeroRate | None = None
    deduction: Decimal | None = None


class DeclaredTotals(Struct, frozen=True):
    """Totals the caller expects; those that are given must agree."""

    amount: Decimal | None = None
    tax: Decimal | None = None
    amount_with_tax: Decimal | None = None


class IssueInvoice(Struct, frozen=True, kw_only=True):
    """What `POST /v1/invoices` asks for.

    `discount_amount` is a coupon with tax spread over all lines. `special_business` is the name of the business and
    its fields. `reference` is the tenant's own document number. `payee` and `reviewer` are 收款人 and 复核人.
    """

    kind: InvoiceKind
    buyer: Buyer
    lines: tuple[RequestedLine, ...]
    reference: str | None = None
    taxpayer_id: UUID | None = None
    discount_amount: Decimal | None = None
    totals: DeclaredTotals | None = None
    special_business: dict[str, object] | None = None
    remarks: str = ""
    drawer: str = ""
    payee: str = ""
    reviewer: str = ""
    print: PrintFlags = PrintFlags()
    deliver: Deliver | None = None
    tags: tuple[str, ...] = ()
