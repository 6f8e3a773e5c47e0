"""What the bureau can judge from the invoice alone: kind, numbering, sums."""

from sandbox.bureau.money import to_fen
from sandbox.bureau.numbers import CHECKED, Channel, has_code, has_year, is_code_of
from sandbox.bureau.schemas import Submission

# Bureau codes of the kinds that are issued here; the platform's own names are understood too.
KINDS = {
    "81": "digital_special",
    "82": "digital_ordinary",
    "01": "paper_special",
    "04": "paper_ordinary",
    "08": "tax_control_special",
    "10": "tax_control_ordinary",
}


def name_kind(kind: str) -> str:
    """The platform's name of a kind, whichever of the two is used."""
    return KINDS.get(kind, kind)


def find_rejection(invoice: Submission) -> str | None:
    """The code of the first rule the invoice breaks."""
    kind = name_kind(invoice.kind)
    if kind not in KINDS.values():
        return "kind-unknown"
    find_numbering = find_stock_rejection if has_code(kind) else find_numbering_rejection
    return find_numbering(invoice) or find_sum_rejection(invoice)


def find_stock_rejection(invoice: Submission) -> str | None:
    """Invoices of stock come with code, number and day of issue, and the ordinary ones with a check code."""
    kind = name_kind(invoice.kind)
    if invoice.channel is Channel.ASSIGNED_ON_ISSUE or invoice.code is None or len(invoice.number or "") != 8:
        return "number-missing"
    if not is_code_of(invoice.code, kind):
        return "code-of-another-kind"
    if invoice.issue_date is None:
        return "issue-date-missing"
    return None if (invoice.check_code is not None) == (kind in CHECKED) else "check-code-form"


def find_numbering_rejection(invoice: Submission) -> str | None:
    """A number comes with an uploaded invoice and only there, and binds the year of the issue date."""
    if invoice.channel is Channel.ASSIGNED_ON_ISSUE:
        return "number-unexpected" if invoice.number else None
    if invoice.number is None or len(invoice.number) != 20:
        return "number-missing"
    if invoice.code is not None or invoice.check_code is not None:
        return "code-unexpected"
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
