"""Sums of money with and without tax, and how tax is taken out of one or put on the other."""

from decimal import Decimal

from msgspec import Struct

from libs.common.money import divide, multiply, round_cents
from services.invoice.domain.issue_invoice import RequestedLine
from services.invoice.domain.rules import RulePack


class Sum(Struct, frozen=True):
    """An amount without tax and its tax, in whole cents; both are negative on a discount line."""

    amount: Decimal
    tax: Decimal

    @property
    def with_tax(self) -> Decimal:
        return self.amount + self.tax

    def minus(self, other: "Sum") -> "Sum":
        return Sum(self.amount - other.amount, self.tax - other.tax)


def tax_on(amount: Decimal, line: RequestedLine) -> Decimal:
    """The tax that a sum without tax bears."""
    return round_cents(multiply(amount, line.tax_rate))


def tax_within(gross: Decimal, line: RequestedLine, rules: RulePack) -> Decimal:
    """The tax that a sum with tax contains.

    (gross − deduction) × rate ÷ (1 + base rate); the base is the rate itself but for the reduced levy (5 → 1.5 %).
    """
    taxable = gross if line.deduction is None else gross - line.deduction
    base_rate = rules.base_rate(line.policy)
    divisor = 1 + (line.tax_rate if base_rate is None else base_rate)
    return round_cents(divide(multiply(taxable, line.tax_rate), divisor))


def sum_of(given: Decimal, line: RequestedLine, rules: RulePack) -> Sum:
    """A given sum of this line split into amount and tax; a sum with tax is kept to the cent."""
    if line.tax_included:
        tax = tax_within(given, line, rules)
        return Sum(given - tax, tax)
    return Sum(given, tax_on(given, line))
