"""The red invoice itself, made from the blue one and its form; and how much of the blue one is taken back."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from libs.common.ids import InvoiceId
from libs.common.money import ZERO
from services.invoice.domain.encoding import encode
from services.invoice.domain.invoice import (
    Authority,
    AuthorityState,
    Invoice,
    InvoiceLine,
    NumberChannel,
    Red,
    Reversal,
    Status,
)
from services.invoice.domain.red_form import RedForm
from services.invoice.domain.red_pricing import list_rests, print_red_remarks
from services.invoice.domain.sums import Sum
from services.invoice.errors import InvoiceNotReversible, RedFormNotRegistered


def check_reversible(invoice: Invoice) -> None:
    """Raises InvoiceNotReversible unless it is an issued blue invoice that the authority has not refused."""
    is_refused = invoice.authority.state is AuthorityState.REFUSED
    if invoice.status is Status.ISSUED and invoice.red is None and not is_refused:
        return
    raise InvoiceNotReversible(
        "A red invoice cannot be reversed." if invoice.red else f"The invoice is {invoice.status}.",
        detail_zh="红字发票不能再冲红。" if invoice.red else f"发票状态为 {invoice.status}，不能冲红。",
        invoice_status=invoice.status,
        authority_state=invoice.authority.state,
        is_red=invoice.red is not None,
    )


def draft_red_invoice(
    invoice_id: InvoiceId, blue: Invoice, form: RedForm, *, channel: NumberChannel, now: datetime
) -> Invoice:
    """Raises RedFormNotRegistered: the face names the bureau's number of the form."""
    if form.confirmation_number is None:
        raise RedFormNotRegistered(retry_after=1)
    said = (blue.seller.tax_id, blue.buyer.tax_id, blue.buyer.name, form.lines, form.totals, form.uuid)
    return Invoice(
        id=invoice_id,
        kind=blue.kind,
        status=Status.DRAFT,
        authority=Authority(channel, AuthorityState.NOT_SUBMITTED, now),
        status_updated_at=now,
        version=0,
        seller=blue.seller,
        buyer=blue.buyer,
        lines=form.lines,
        totals=form.totals,
        remarks=print_red_remarks(blue, form.confirmation_number, form.remarks),
        drawer=form.drawer or blue.drawer,
        payee=blue.payee,
        reviewer=blue.reviewer,
        print=blue.print,
        reference=None,
        special_business=blue.special_business,
        red=Red(
            blue.id,
            form.invoice_number.removeprefix(blue.code or ""),
            form.id,
            form.confirmation_number,
            form.reason,
            blue.code,
        ),
        fingerprint=sha256(encode(said)).hexdigest(),
        rule_pack=blue.rule_pack,
    )


def quota_freed(form: RedForm, blue_issue_date: date | None, day: date) -> Decimal:
    """Negative or 0: a red invoice frees quota in the month of the blue one, in later months nothing (6.1)."""
    is_same_month = blue_issue_date is not None and f"{blue_issue_date:%Y%m}" == f"{day:%Y%m}"
    return form.totals.amount if is_same_month else ZERO


def is_superseded(red: Invoice, red_number: str) -> bool:
    """Whether an issued red invoice was refused while the bureau holds another one for its form."""
    is_refused = red.authority.state is AuthorityState.REFUSED
    return red.status is Status.ISSUED and is_refused and red.number != red_number


def measure_reversal(blue: Invoice, red_lines: Sequence[InvoiceLine]) -> tuple[Reversal, Sum]:
    """How far all issued red lines take it back, and the sum that is left."""
    rests = list_rests(blue, red_lines)
    left = Sum(sum((rest.amount for rest in rests), ZERO), sum((rest.tax for rest in rests), ZERO))
    if not red_lines:
        return Reversal.NONE, left
    return Reversal.FULL if all(rest.is_empty for rest in rests) else Reversal.PARTIAL, left
