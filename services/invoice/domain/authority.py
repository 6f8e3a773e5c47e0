"""The port to a tax authority: what every connector offers, whichever way numbers come."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from services.invoice.domain.invoice import AuthorityError, Invoice
from services.invoice.domain.kinds import InvoiceKind


class Verdict(StrEnum):
    """The authority's neutral word on one serial."""

    ISSUED = "issued"
    PENDING = "pending"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    OPERATOR_NEEDED = "operator_needed"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True):
    """`number`, `code` and `issued_at` come with ISSUED; `error` with REJECTED, OPERATOR_NEEDED and UNKNOWN."""

    verdict: Verdict
    number: str | None = None
    issued_at: datetime | None = None
    error: AuthorityError | None = None
    code: str | None = None


class Upload(Struct, frozen=True):
    """An invoice under its serial, the authority's idempotency key."""

    serial: str
    invoice: Invoice


class NumberRange(Struct, frozen=True):
    """Consecutive numbers, both ends included: of 20 digits, or of 8 under a code."""

    first: str
    last: str
    code: str | None = None


# Refusals that pass once the month's total grows or its suspension ends.
QUOTA_REFUSALS = ("quota-exceeded", "quota-suspended")


class QuotaGrant(Struct, frozen=True):
    """A month's ceiling for tax-exclusive sums, and what the authority counts as used of it."""

    total: Decimal
    is_suspended: bool
    used: Decimal | None = None


class DaySummary(Struct, frozen=True):
    """Invoices dated on one day: how many stand, their sums without and of tax, and how many are voided."""

    invoices: int
    amount: Decimal
    tax: Decimal
    voided: int


class AuthorityUnavailable(Exception):  # noqa: N818
    """No answer that could be understood: the outcome of a submission is unknown."""


class Authority(Protocol):
    """Submitting and asking never raise for one invoice: its outcome says UNKNOWN."""

    async def submit(self, uploads: Sequence[Upload]) -> list[Outcome]:
        """Outcomes in the order of `uploads`, all of one seller."""

    async def ask(self, uploads: Sequence[Upload]) -> list[Outcome]:
        """What the authority knows of these serials, in order, all of one seller."""

    async def allocate_numbers(self, seller: str, year: int, count: int, *, request_id: str) -> NumberRange:
        """A block of the year; raises AuthorityUnavailable."""

    async def allocate_stock(
        self, seller: str, kind: InvoiceKind, count: int, *, request_id: str
    ) -> NumberRange:
        """A block under a code of the kind; raises AuthorityUnavailable."""

    async def get_quota(self, seller: str, period: str) -> QuotaGrant:
        """The ceiling of the month yyyyMM; raises AuthorityUnavailable."""

    async def add_up_day(self, seller: str, day: date) -> DaySummary:
        """What it holds of a day (Asia/Shanghai); raises AuthorityUnavailable."""
