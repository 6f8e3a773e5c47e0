"""Events of invoice about taking invoices back; the subject is the blue invoice."""

from typing import ClassVar
from uuid import UUID

from libs.common.contracts.base import Contract, Instant


class InvoiceReversed(Contract, frozen=True):
    """A red invoice took some or all of this blue one back; the subject is the blue one.

    By issue_red_invoice (local_blocks) or when the authority has given the red invoice its number.
    """

    TYPE: ClassVar = "invoice.reversed.v1"
    number: str
    reference: str
    reversal: str
    """partial or full."""
    red_id: UUID
    red_number: str
    amount_left: str
    """What no issued red invoice has taken, without tax."""
    tax_left: str
    actor: str


class InvoiceRedFormChanged(Contract, frozen=True):
    """A red-letter form (红字信息确认单) is at the bureau or has moved; the subject is the blue invoice.

    `state` is the bureau's code, 01 to 10; sums are negative. By open_red_form's registration and every later step.
    """

    TYPE: ClassVar = "invoice.red_form_changed.v1"
    number: str
    reference: str
    form_id: UUID
    state: str
    initiator: str
    """seller or buyer."""
    reason: str
    amount: str
    tax: str
    confirmation_number: str | None
    expires_at: Instant | None
    red_id: UUID | None
    actor: str


CONTRACTS = (InvoiceReversed, InvoiceRedFormChanged)
