"""From what the caller states to an invoice with every amount worked out, or all the reasons why not.

Rules without arithmetic are in `checks.py`, the arithmetic of a line in `line_pricing.py`, its print in `printing.py`.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from libs.common.money import ZERO
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.checks import check_invoice, check_line
from services.invoice.domain.coupon import spread_coupon
from services.invoice.domain.invoice import InvoiceLine, Totals
from services.invoice.domain.issue_invoice import DeclaredTotals, IssueInvoice
from services.invoice.domain.line_pricing import PricedLine, price_line
from services.invoice.domain.printing import print_lines, print_remarks
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import RulePack
from services.invoice.domain.words import write_amount

_MAX_ERRORS = 100


class PricedInvoice(Struct, frozen=True):
    """The command with its printed lines, totals and remarks; `rules_id` names the rule pack that was applied."""

    command: IssueInvoice
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    remarks: str
    rules_id: str


def price_invoice(command: IssueInvoice, rules: RulePack) -> PricedInvoice:
    """Prices a blue invoice; raises one Invalid with every field error that was found (at most 100)."""
    errors = list(check_invoice(command, rules))
    priced = _price_lines(command, rules, errors)
    _raise_if_any(errors)
    errors.extend(_check_declared_taxes(priced, rules))
    if command.discount_amount is not None:
        priced = spread_coupon(priced, command.discount_amount, rules)
    lines = tuple(print_lines(priced, rules))
    totals = _add_up(lines)
    errors.extend(_check_result(lines, totals, command.totals, rules))
    _raise_if_any(errors)
    return PricedInvoice(command, lines, totals, print_remarks(command), rules.id)


def _raise_if_any(errors: Sequence[FieldError]) -> None:
    if errors:
        raise Invalid(errors=errors[:_MAX_ERRORS])


def _price_lines(command: IssueInvoice, rules: RulePack, errors: list[FieldError]) -> list[PricedLine]:
    """The lines that can be priced; the reasons why others cannot go to `errors`."""
    is_special = rules.kinds[command.kind].is_special
    priced = []
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        refused = list(check_line(line, pointer, rules, is_special=is_special))
        if refused:
            errors.extend(refused)
            continue
        try:
            priced.append(price_line(line, pointer, rules))
        except Invalid as invalid:
            errors.extend(invalid.errors)
    return priced


def _check_declared_taxes(priced: Sequence[PricedLine], rules: RulePack) -> Iterator[FieldError]:
    """Signed errors of declared taxes cancel out; what is left has a limit of its own."""
    error, limit = sum((line.tax_error for line in priced), ZERO), rules.tolerances.invoice_tax
    if abs(error) > limit:
        yield refuse("/lines", "tax-total-tolerance", error=error, limit=limit)


def _add_up(lines: Sequence[InvoiceLine]) -> Totals:
    """Plain sums, not rounded again."""
    amount = sum((line.amount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    return Totals(amount, tax, amount + tax, write_amount(amount + tax))


def _check_result(
    lines: Sequence[InvoiceLine], totals: Totals, declared: DeclaredTotals | None, rules: RulePack
) -> Iterator[FieldError]:
    """What shows only once everything is worked out."""
    limits = rules.limits
    if len(lines) > limits.lines:
        yield refuse("/lines", "too-many-lines", limit=limits.lines)
    if totals.amount_with_tax <= 0:
        yield refuse("/lines", "total-is-zero")
    if totals.amount_with_tax > limits.amount:
        yield refuse("/lines", "amount-too-large", limit=limits.amount)
    for name, expected, found in _compare(declared, totals):
        if expected is not None and expected != found:
            yield refuse(f"/totals/{name}", "totals-mismatch", expected=found)


def _compare(
    declared: DeclaredTotals | None, totals: Totals
) -> Iterator[tuple[str, Decimal | None, Decimal]]:
    if declared is not None:
        yield "amount", declared.amount, totals.amount
        yield "tax", declared.tax, totals.tax
        yield "amount_with_tax", declared.amount_with_tax, totals.amount_with_tax
