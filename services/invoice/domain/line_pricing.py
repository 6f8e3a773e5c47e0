"""The arithmetic of one line: its sum, tax, unit price and discount, rounded once each."""

from decimal import Decimal

from msgspec import Struct

from libs.common.money import ZERO, divide, multiply, round_cents, round_price
from libs.common.problems import Invalid
from services.invoice.domain.figures import PlainDecimal, plain_decimal
from services.invoice.domain.issue_invoice import Discount, RequestedLine
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import RulePack
from services.invoice.domain.sums import Sum, sum_of, tax_on, tax_within

_PRICE_LIMIT = Decimal(10) ** 12


class PricedLine(Struct, frozen=True):
    """A requested line with its sum and, if it is discounted, the negative sum of the discount line below it.

    `tax_error` is declared tax minus computed tax, 0 where no tax was declared.
    """

    line: RequestedLine
    quantity: PlainDecimal | None
    unit_price: PlainDecimal | None
    sum: Sum
    tax_error: Decimal
    discount: Sum | None = None


def price_line(line: RequestedLine, pointer: str, rules: RulePack) -> PricedLine:
    """Prices a line that passed `check_line`; raises Invalid when its figures do not fit together."""
    given = _given_sum(line, pointer, rules)
    if line.deduction is not None and line.deduction > given:
        raise Invalid(errors=[refuse(f"{pointer}/deduction", "deduction-too-large")])
    computed = sum_of(given, line, rules)
    stated, tax_error = _keep_declared_tax(computed, line, pointer, rules)
    if stated.amount <= 0:
        raise Invalid(errors=[refuse(f"{pointer}/amount", "amount-is-zero")])
    if stated.with_tax > rules.limits.amount:
        raise Invalid(errors=[refuse(f"{pointer}/amount", "amount-too-large", limit=rules.limits.amount)])
    unit_price = _net_unit_price(line, stated.amount, pointer, rules)
    discount = None
    if line.discount is not None:
        net = sum_of(given - _discount_of(line.discount, given, pointer), line, rules)
        discount = check_discount(net.minus(computed), stated, f"{pointer}/discount")
    quantity = None if line.quantity is None else plain_decimal(line.quantity)
    return PricedLine(line, quantity, unit_price, stated, tax_error, discount)


def check_discount(discount: Sum, stated: Sum, pointer: str) -> Sum:
    """The discount line's sum; raises Invalid when it takes more than the line holds."""
    if stated.amount + discount.amount < 0 or stated.tax + discount.tax < 0:
        raise Invalid(errors=[refuse(pointer, "discount-too-large")])
    return discount


def _given_sum(line: RequestedLine, pointer: str, rules: RulePack) -> Decimal:
    """The sum as the caller states it, with or without tax: the amount, or quantity × unit price."""
    if line.quantity is None or line.unit_price is None:
        return round_cents(line.amount or Decimal(0))
    product = round_cents(multiply(line.quantity, line.unit_price))
    if line.amount is None:
        return product
    limit = rules.tolerances.product
    if abs(line.amount - product) > limit:
        raise Invalid(errors=[refuse(f"{pointer}/amount", "amount-mismatch", expected=product, limit=limit)])
    return round_cents(line.amount)


def _keep_declared_tax(
    computed: Sum, line: RequestedLine, pointer: str, rules: RulePack
) -> tuple[Sum, Decimal]:
    """The sum with the declared tax in place of the computed one, and by how much the two differ.

    Outside difference taxation and the reduced levy the difference is taken against amount × rate. A line without
    tax has no tolerance.
    """
    if line.tax is None:
        return computed, Decimal(0)
    tax = round_cents(line.tax)
    declared = Sum(computed.with_tax - tax if line.tax_included else computed.amount, tax)
    if line.deduction is None and rules.base_rate(line.policy) is None:
        expected = tax_on(declared.amount, line)
    else:
        expected = tax_within(declared.with_tax, line, rules)
    error, limit = tax - expected, rules.tolerances.line_tax if line.tax_rate else ZERO
    if abs(error) > limit:
        values = {"error": error, "expected": expected, "limit": limit}
        raise Invalid(errors=[refuse(f"{pointer}/tax", "tax-tolerance", **values)])
    return declared, error


def _net_unit_price(
    line: RequestedLine, amount: Decimal, pointer: str, rules: RulePack
) -> PlainDecimal | None:
    """The unit price without tax: as given, or amount ÷ quantity at 13 decimals, which must give the amount again."""
    if line.quantity is None:
        return None
    if line.unit_price is not None and not line.tax_included:
        return plain_decimal(line.unit_price)
    price = round_price(divide(amount, line.quantity))
    product = round_cents(multiply(line.quantity, price))
    if not 0 < price < _PRICE_LIMIT or abs(product - amount) > rules.tolerances.product:
        raise Invalid(errors=[refuse(f"{pointer}/quantity", "unit-price-not-exact")])
    return plain_decimal(price)


def _discount_of(discount: Discount, given: Decimal, pointer: str) -> Decimal:
    """The discount in the terms of the given sum."""
    amount = round_cents(discount.amount or multiply(given, discount.rate or Decimal(0)))
    if amount > given:
        raise Invalid(errors=[refuse(f"{pointer}/discount", "discount-too-large")])
    if not amount:
        raise Invalid(errors=[refuse(f"{pointer}/discount", "discount-is-zero")])
    return amount
