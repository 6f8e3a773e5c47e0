"""Priced lines as they stand on the invoice: numbered, named, with their discount lines and printed texts."""

from collections.abc import Iterator, Sequence

from libs.common.money import plain, round_cents
from services.invoice.domain.invoice import InvoiceLine, Nature
from services.invoice.domain.issue_invoice import IssueInvoice, RequestedLine
from services.invoice.domain.line_pricing import PricedLine
from services.invoice.domain.rules import RulePack
from services.invoice.domain.special_business import print_business, read_business
from services.invoice.domain.sums import Sum
from services.invoice.domain.tax_classes import find_short_name, split_name

_HIDDEN = "***"


def print_lines(priced: Sequence[PricedLine], rules: RulePack) -> Iterator[InvoiceLine]:
    """Each line and, directly below a discounted one, its discount line."""
    line_no = 0
    for item in priced:
        line_no += 1
        if item.discount is None:
            yield _print_line(item, Nature.NORMAL, line_no, rules)
        else:
            yield _print_line(item, Nature.DISCOUNTED, line_no, rules)
            line_no += 1
            yield _print_discount(item, item.discount, line_no, rules)


def print_name(line: RequestedLine, rules: RulePack) -> str:
    """`*简称*name`; a 简称 that the caller gave is kept."""
    short_name, name = split_name(line.name)
    return f"*{short_name or find_short_name(line.tax_class_code, rules.short_names)}*{name}"


def print_remarks(command: IssueInvoice) -> str:
    """Difference taxation begins the remarks with its deduction, business in another city with its address."""
    deductions = [line.deduction for line in command.lines if line.deduction is not None]
    beginning = "".join(f"差额征税：{round_cents(deduction)}。" for deduction in deductions)
    return beginning + print_business(read_business(command.special_business)) + command.remarks


def _print_line(item: PricedLine, nature: Nature, line_no: int, rules: RulePack) -> InvoiceLine:
    line = item.line
    deduction = None if line.deduction is None else round_cents(line.deduction)
    return InvoiceLine(
        line_no=line_no,
        nature=nature,
        name=print_name(line, rules),
        specification=line.specification,
        unit=line.unit,
        tax_class_code=line.tax_class_code,
        policy=line.policy,
        quantity=item.quantity,
        unit_price=item.unit_price,
        amount=item.sum.amount,
        tax_rate=rules.rates[line.tax_rate].rate,
        tax=item.sum.tax,
        amount_with_tax=item.sum.with_tax,
        printed_rate=_print_rate(line, rules),
        printed_tax=_print_tax(line, item.sum, rules),
        zero_rate=line.zero_rate,
        deduction=deduction,
    )


def _print_discount(item: PricedLine, discount: Sum, line_no: int, rules: RulePack) -> InvoiceLine:
    """Same name, class and rate; neither quantity nor price, unit nor specification."""
    line = item.line
    return InvoiceLine(
        line_no=line_no,
        nature=Nature.DISCOUNT,
        name=print_name(line, rules),
        specification="",
        unit="",
        tax_class_code=line.tax_class_code,
        policy=line.policy,
        quantity=None,
        unit_price=None,
        amount=discount.amount,
        tax_rate=rules.rates[line.tax_rate].rate,
        tax=discount.tax,
        amount_with_tax=discount.with_tax,
        printed_rate=_print_rate(line, rules),
        printed_tax=_print_tax(line, discount, rules),
        zero_rate=line.zero_rate,
    )


def _untaxed_text(line: RequestedLine, rules: RulePack) -> str | None:
    """免税 or 不征税, which hide the tax."""
    return None if line.policy is None else rules.policies[line.policy].printed_rate


def _print_rate(line: RequestedLine, rules: RulePack) -> str:
    """`13%`; difference taxation hides the rate."""
    if line.deduction is not None:
        return _HIDDEN
    return _untaxed_text(line, rules) or f"{plain(line.tax_rate * 100)}%"


def _print_tax(line: RequestedLine, part: Sum, rules: RulePack) -> str:
    return _HIDDEN if _untaxed_text(line, rules) else str(part.tax)
