"""Events of invoice about what takes an invoice back: red letters and voids."""

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
    code: str | None = None
    red_code: str | None = None
    """The 发票代码 of either, beside a number of 8 digits."""


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


class InvoiceVoidRequested(Contract, frozen=True):
    """Somebody wants this invoice on paper voided; the authority decides. By request_void."""

    TYPE: ClassVar = "invoice.void_requested.v1"
    number: str
    reference: str
    code: str | None
    """Printed before the number where the kind has one."""
    reason: str
    """What was said about it, perhaps nothing."""
    actor: str
    """`user:…` or `api_key:…`."""


class InvoiceVoidRefused(Contract, frozen=True):
    """The authority will not void the invoice, which stays as it is. By finish_void."""

    TYPE: ClassVar = "invoice.void_refused.v1"
    number: str
    reference: str
    code: str | None
    reason_code: str
    """The authority's."""
    reason: str
    reason_zh: str


class InvoiceVoided(Contract, frozen=True):
    """The authority has voided the invoice: nothing may be claimed by it any more; its number stays taken.

    By finish_void; by accept_issued_red, of a red invoice that the authority refused, for it had issued one itself.
    """

    TYPE: ClassVar = "invoice.voided.v1"
    number: str
    reference: str
    code: str | None
    voided_at: Instant
    reason: str
    """What was said about it, perhaps nothing."""
    actor: str
    """Who asked for it: `user:…` or `api_key:…`."""


CONTRACTS = (
    InvoiceReversed,
    InvoiceRedFormChanged,
    InvoiceVoidRequested,
    InvoiceVoidRefused,
    InvoiceVoided,
)
