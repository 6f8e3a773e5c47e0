"""Judges an invoice of the past by other rules: what would be refused, and which sums would differ.

The request is not kept, so it is made again from what is printed, and judged by both packs alike: only a difference
between the two is a change.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from libs.common.problems import FieldError, Invalid
from services.invoice.domain.invoice import InvoiceLine, Nature, Totals
from services.invoice.domain.issue_invoice import Discount, IssueInvoice, RequestedLine
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer
from services.invoice.domain.pricing import price_invoice
from services.invoice.domain.printing import print_remarks
from services.invoice.domain.rules import RulePack


class Printed(Struct, frozen=True, kw_only=True):
    """What of an issued invoice rules can be applied to."""

    kind: InvoiceKind
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    remarks: str
    special_business: dict[str, object] | None


class Change(Struct, frozen=True):
    """`errors`: why it would be refused now; `after`: its sums now, None where it would be refused."""

    errors: tuple[FieldError, ...]
    after: Totals | None


def find_change(printed: Printed, own: RulePack, other: RulePack) -> Change | None:
    """What `other` would change of an invoice that was issued by `own`; None if nothing."""
    command = rebuild_command(printed, own)
    known = {(error.pointer, error.code) for error in judge(command, own)}
    errors = tuple(error for error in judge(command, other) if (error.pointer, error.code) not in known)
    if errors:
        return Change(errors, None)
    before, after = _add_up(command, own), _add_up(command, other)
    return None if before == after else Change((), after)


def judge(command: IssueInvoice, rules: RulePack) -> tuple[FieldError, ...]:
    """Why the rules refuse it; empty if they do not."""
    try:
        price_invoice(command, rules)
    except Invalid as refused:
        return refused.errors
    return ()


def rebuild_command(printed: Printed, rules: RulePack) -> IssueInvoice:
    """The request that gives this invoice by the rules it was issued by, each line with the tax that was printed."""
    command = IssueInvoice(
        kind=printed.kind,
        buyer=printed.buyer,
        lines=tuple(_rebuild_lines(printed.lines, rules)),
        special_business=printed.special_business,
    )
    return replace(command, remarks=printed.remarks.removeprefix(print_remarks(command)))


def _add_up(command: IssueInvoice, rules: RulePack) -> Totals | None:
    """The sums with every tax worked out anew."""
    lines = tuple(replace(line, tax=None) for line in command.lines)
    try:
        return price_invoice(replace(command, lines=lines), rules).totals
    except Invalid:
        return None


def _rebuild_lines(lines: Sequence[InvoiceLine], rules: RulePack) -> Iterator[RequestedLine]:
    for index, line in enumerate(lines):
        if line.nature is not Nature.DISCOUNT:
            discount = lines[index + 1] if line.nature is Nature.DISCOUNTED else None
            yield _rebuild_line(line, discount, rules)


def _rebuild_line(line: InvoiceLine, discount: InvoiceLine | None, rules: RulePack) -> RequestedLine:
    """Difference taxation and the reduced levy start from the sum with tax, everything else from the one without."""
    has_tax = line.deduction is not None or rules.base_rate(line.policy) is not None
    unit_price = None if has_tax or line.unit_price is None else Decimal(line.unit_price)
    return RequestedLine(
        name=line.name,
        tax_class_code=line.tax_class_code,
        tax_rate=line.tax_rate,
        specification=line.specification,
        unit=line.unit,
        quantity=None if line.quantity is None else Decimal(line.quantity),
        unit_price=unit_price,
        amount=line.amount_with_tax if has_tax else line.amount,
        tax_included=has_tax,
        tax=line.tax,
        discount=None if discount is None else Discount(amount=_discount_of(discount, has_tax=has_tax)),
        policy=line.policy,
        zero_rate=line.zero_rate,
        deduction=line.deduction,
    )


def _discount_of(line: InvoiceLine, *, has_tax: bool) -> Decimal:
    return -(line.amount_with_tax if has_tax else line.amount)
