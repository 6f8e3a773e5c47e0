"""The port to a tax authority for voiding invoices on paper."""

from typing import Protocol

from msgspec import Struct

from services.invoice.domain.invoice import AuthorityError


class VoidOrder(Struct, frozen=True):
    """The invoice as the authority knows it; `code` None where the number alone names it."""

    seller: str
    code: str | None
    number: str


class VoidOutcome(Struct, frozen=True):
    """Voided, now or earlier, unless there is an `error`: refused for good."""

    error: AuthorityError | None = None


class VoidAuthority(Protocol):
    """The call may be repeated: what is voided stays voided."""

    async def void(self, order: VoidOrder) -> VoidOutcome:
        """Void one invoice; raises AuthorityUnavailable."""
