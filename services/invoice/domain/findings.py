"""What a compliance check finds on an invoice: errors would refuse it, warnings are worth a look."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Self

from msgspec import Struct

from libs.common.money import ZERO
from libs.common.problems import FieldError
from services.invoice.domain.buyers import KnownBuyer
from services.invoice.domain.invoice import AuthorityState, Invoice
from services.invoice.domain.issue_invoice import IssueInvoice, RequestedLine
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import RulePack
from services.invoice.domain.tax_classes import find_short_name, split_name
from services.invoice.domain.words import write_amount


class Severity(StrEnum):
    """`error`: the invoice is or would be refused."""

    ERROR = "error"
    WARNING = "warning"


class Finding(Struct, frozen=True):
    """One rule that speaks; `pointer` leads into the invoice; `suggestions` are buyers that may be meant."""

    severity: Severity
    pointer: str
    code: str
    detail: str
    detail_zh: str
    suggestions: tuple[KnownBuyer, ...] = ()

    @classmethod
    def of(cls, severity: Severity, error: FieldError) -> Self:
        return cls(severity, error.pointer, error.code, error.detail, error.detail_zh)


def as_errors(errors: Iterable[FieldError]) -> list[Finding]:
    """What refuses the invoice."""
    return [Finding.of(Severity.ERROR, error) for error in errors]


def advise(command: IssueInvoice, rules: RulePack) -> Iterator[Finding]:
    """What is allowed and still unusual: classes that the pack does not know, and names that do not fit theirs."""
    for index, line in enumerate(command.lines):
        if (advice := _advise_line(line, f"/lines/{index}", rules)) is not None:
            yield Finding.of(Severity.WARNING, advice)


def _advise_line(line: RequestedLine, pointer: str, rules: RulePack) -> FieldError | None:
    expected = find_short_name(line.tax_class_code, rules.short_names)
    if expected is None:
        return refuse(f"{pointer}/tax_class_code", "tax-class-unknown", tax_class=line.tax_class_code)
    found, _ = split_name(line.name)
    if found is None or found == expected:
        return None
    return refuse(f"{pointer}/name", "short-name-differs", expected=expected, found=found)


def suggest(near: Iterable[KnownBuyer]) -> Iterator[Finding]:
    """A buyer nobody has issued to, almost one of those somebody has."""
    meant = tuple(near)
    if meant:
        names = "; ".join(f"{each.name} {each.tax_id}".strip() for each in meant)
        error = refuse("/buyer", "buyer-near-miss", meant=names)
        yield Finding(Severity.WARNING, "/buyer", error.code, error.detail, error.detail_zh, meant)


def verify(invoice: Invoice) -> Iterator[Finding]:
    """What must be true of every issued invoice: sums, words and the year of its number."""
    yield from as_errors(_verify_sums(invoice))
    words = write_amount(invoice.totals.amount_with_tax)
    if invoice.totals.amount_with_tax_words != words:
        yield from as_errors([refuse("/totals/amount_with_tax_words", "words-disagree", expected=words)])
    number, day = invoice.number or "", invoice.issue_date
    if day is not None and len(number) == 20 and number[:2] != f"{day:%y}":
        error = refuse("/number", "number-of-another-year", found=number[:2], expected=day.year)
        yield from as_errors([error])
    if invoice.authority.state is AuthorityState.REFUSED and (last := invoice.authority.last_error):
        error = refuse("/authority", "refused-by-authority", error=last)
        yield Finding.of(Severity.WARNING, error)


def _verify_sums(invoice: Invoice) -> Iterator[FieldError]:
    for index, line in enumerate(invoice.lines):
        if (expected := line.amount + line.tax) != line.amount_with_tax:
            yield refuse(f"/lines/{index}/amount_with_tax", "line-sums-disagree", expected=expected)
    for name in ("amount", "tax", "amount_with_tax"):
        expected = sum((getattr(line, name) for line in invoice.lines), ZERO)
        found = getattr(invoice.totals, name)
        if expected != found:
            yield refuse(f"/totals/{name}", "sums-disagree", expected=expected, found=found)
