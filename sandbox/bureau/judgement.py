"""What the bureau can judge from the invoice alone: kind, numbering, sums."""

from sandbox.bureau.money import to_fen
from sandbox.bureau.numbers import Channel, has_year
from sandbox.bureau.schemas import Submission

# Bureau codes of the kinds that are issued here; the platform's own names are understood too.
KINDS = {"81": "digital_special", "82": "digital_ordinary"}


def find_rejection(invoice: Submission) -> str | None:
    """The code of the first rule the invoice breaks."""
    if invoice.kind not in KINDS and invoice.kind not in KINDS.values():
        return "kind-unknown"
    return find_numbering_rejection(invoice) or find_sum_rejection(invoice)


def find_numbering_rejection(invoice: Submission) -> str | None:
    """A number comes with an uploaded invoice and only there, and binds the year of the issue date."""
    if invoice.channel is Channel.ASSIGNED_ON_ISSUE:
        return "number-unexpected" if invoice.number else None
    if invoice.number is None:
        return "number-missing"
    if invoice.issue_date is None:
        return "issue-date-missing"
    return None if has_year(invoice.number, invoice.issue_date.year) else "number-year-mismatch"


def find_sum_rejection(invoice: Submission) -> str | None:
    """Totals are plain sums of the lines, to the fen."""
    totals = invoice.totals
    amount, tax = to_fen(totals.amount), to_fen(totals.tax)
    adds_up = (
        amount == sum(to_fen(line.amount) for line in invoice.lines)
        and tax == sum(to_fen(line.tax) for line in invoice.lines)
        and amount + tax == to_fen(totals.amount_with_tax)
        and all(line_adds_up(line.amount, line.tax, line.amount_with_tax) for line in invoice.lines)
    )
    return None if adds_up else "totals-inconsistent"


def line_adds_up(amount: str, tax: str, amount_with_tax: str | None) -> bool:
    """A line may leave its sum with tax out."""
    return amount_with_tax is None or to_fen(amount) + to_fen(tax) == to_fen(amount_with_tax)
