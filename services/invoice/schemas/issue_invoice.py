"""The body of `POST /v1/invoices` and its way into the domain's command."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from services.invoice.domain import issue_invoice as domain
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer, PrintFlags
from services.invoice.domain.rules import Policy, ZeroRate
from services.invoice.schemas.fields import (
    Amount,
    Email,
    Quantity,
    Rate,
    Share,
    StrictModel,
    Tax,
    TaxClassCode,
    Text,
)
from services.invoice.schemas.special_business import SpecialBusinessRequest


class BuyerRequest(StrictModel):
    """Whom the invoice is made out to. A special invoice needs `tax_id`; natural persons set `is_individual`."""

    name: Annotated[str, Text(100, is_required=True)]
    tax_id: Annotated[str, Text(20)] = ""
    address: Annotated[str, Text(150)] = ""
    phone: Annotated[str, Text(30)] = ""
    bank_name: Annotated[str, Text(100)] = ""
    bank_account: Annotated[str, Text(50)] = ""
    email: Email = ""
    mobile: Annotated[str, Text(30)] = ""
    is_individual: StrictBool = False

    def to_domain(self) -> Buyer:
        return Buyer(
            self.name,
            self.tax_id,
            self.address,
            self.phone,
            self.bank_name,
            self.bank_account,
            self.email,
            self.mobile,
            self.is_individual,
        )


class DiscountRequest(StrictModel):
    """Exactly one of `rate` (0.10 takes a tenth off) and `amount` (with tax where `tax_included`)."""

    rate: Share | None = None
    amount: Amount | None = None


class LineRequest(StrictModel):
    """A line by `quantity` and `unit_price`, by `amount`, or by all three.

    `name` may come as `*简称*name`. `tax_included` says whether `unit_price`, `amount` and `discount` contain tax.
    """

    name: Annotated[str, Text(142, is_required=True)]
    tax_class_code: TaxClassCode
    tax_rate: Rate
    specification: Annotated[str, Text(40)] = ""
    unit: Annotated[str, Text(22)] = ""
    quantity: Quantity | None = None
    unit_price: Quantity | None = None
    amount: Amount | None = None
    tax_included: StrictBool = False
    tax: Tax | None = None
    discount: DiscountRequest | None = None
    policy: Policy | None = None
    zero_rate: ZeroRate | None = None
    deduction: Amount | None = None

    def to_domain(self) -> domain.RequestedLine:
        discount = self.discount
        return domain.RequestedLine(
            name=self.name,
            tax_class_code=self.tax_class_code,
            tax_rate=self.tax_rate,
            specification=self.specification,
            unit=self.unit,
            quantity=self.quantity,
            unit_price=self.unit_price,
            amount=self.amount,
            tax_included=self.tax_included,
            tax=self.tax,
            discount=None if discount is None else domain.Discount(discount.rate, discount.amount),
            policy=self.policy,
            zero_rate=self.zero_rate,
            deduction=self.deduction,
        )


class TotalsRequest(StrictModel):
    """Totals that must agree with the lines; those left out are not compared."""

    amount: Amount | None = None
    tax: Tax | None = None
    amount_with_tax: Amount | None = None

    def to_domain(self) -> domain.DeclaredTotals:
        return domain.DeclaredTotals(self.amount, self.tax, self.amount_with_tax)


class DeliverToRequest(StrictModel):
    email: Email = ""


class DeliverRequest(StrictModel):
    """How the buyer is sent the invoice; without `to` it goes to the buyer's contacts."""

    channels: Annotated[list[domain.Channel], Field(min_length=1, max_length=4)]
    to: DeliverToRequest = DeliverToRequest()

    def to_domain(self) -> domain.Deliver:
        return domain.Deliver(tuple(dict.fromkeys(self.channels)), domain.DeliverTo(self.to.email))


class PrintRequest(StrictModel):
    """Which bank and address lines of seller and buyer are printed in the remarks; none unless asked."""

    seller_bank: StrictBool = False
    seller_address: StrictBool = False
    buyer_bank: StrictBool = False
    buyer_address: StrictBool = False

    def to_domain(self) -> PrintFlags:
        return PrintFlags(self.seller_bank, self.seller_address, self.buyer_bank, self.buyer_address)


class IssueInvoiceRequest(StrictModel):
    """A blue invoice to be issued.

    `reference` is the tenant's own document number, unique for ever. `discount_amount` is a coupon with tax, spread
    over the lines; it goes with no line discount. `payee` and `reviewer` are 收款人 and 复核人.
    """

    kind: InvoiceKind
    reference: Annotated[str, Text(64)] | None = None
    taxpayer_id: UUID | None = None
    buyer: BuyerRequest
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=2000)]
    discount_amount: Amount | None = None
    totals: TotalsRequest | None = None
    special_business: SpecialBusinessRequest | None = None
    remarks: Annotated[str, Text(450, line_feeds=True)] = ""
    drawer: Annotated[str, Text(20)] = ""
    payee: Annotated[str, Text(20)] = ""
    reviewer: Annotated[str, Text(20)] = ""
    print: PrintRequest | None = None
    deliver: DeliverRequest | None = None
    tags: Annotated[
        list[Annotated[str, Text(32, is_required=True)]], Field(max_length=50, default_factory=list)
    ]

    def to_domain(self) -> domain.IssueInvoice:
        """The command; an empty reference is none, and a repeated tag counts once."""
        totals, deliver = self.totals, self.deliver
        return domain.IssueInvoice(
            kind=self.kind,
            buyer=self.buyer.to_domain(),
            lines=tuple([line.to_domain() for line in self.lines]),
            reference=self.reference or None,
            taxpayer_id=self.taxpayer_id,
            discount_amount=self.discount_amount,
            totals=None if totals is None else totals.to_domain(),
            special_business=self.special_business,
            remarks=self.remarks,
            drawer=self.drawer,
            payee=self.payee,
            reviewer=self.reviewer,
            print=PrintFlags() if self.print is None else self.print.to_domain(),
            deliver=None if deliver is None else deliver.to_domain(),
            tags=tuple(dict.fromkeys(self.tags)),
        )
