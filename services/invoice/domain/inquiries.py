"""The port to a tax authority for what is asked besides invoices, forms and voids."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class NotSupported(Struct, frozen=True):
    """The connector does not offer the operation: asking again is vain."""

    operation: str


class Usage(StrEnum):
    """What the buyer has done with an invoice (用途, 入账)."""

    NONE = "none"
    DEDUCTED = "deducted"
    BOOKED = "booked"


class Match(StrEnum):
    """How what somebody reads on an invoice compares with the authority's books; NONE: nobody holds the number."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NONE = "none"


class OperatorSession(StrEnum):
    """Whether a person has to do something at the authority before anything can be submitted."""

    OK = "ok"
    LOGIN_NEEDED = "login_needed"
    FACE_NEEDED = "face_needed"


class Claim(Struct, frozen=True, kw_only=True):
    """What is read on an invoice: by kind the amount with tax, without it, or the last six digits of the check code."""

    number: str
    date: date
    code: str | None = None
    amount: Decimal | None = None
    check6: str | None = None


class Profile(Struct, frozen=True):
    """`taxpayer_kind` is general or small_scale."""

    seller: str
    taxpayer_kind: str
    version: str


class UsableRates(Struct, frozen=True):
    """The rates that a seller may use."""

    rates: tuple[Decimal, ...]
    version: str


class ClassCode(Struct, frozen=True):
    """A leaf of the classification: 19 digits and what is printed before a line's name."""

    code: str
    short_name: str


class ClassCodes(Struct, frozen=True):
    """The classification as of a version."""

    items: tuple[ClassCode, ...]
    version: str


class Layout(Struct, frozen=True):
    """The authority's own file of an invoice; `content` is None while it is not made yet."""

    content: bytes | None = None
    sha256: str | None = None


class AuthorityInquiries(Protocol):
    """All calls raise AuthorityUnavailable, change nothing and may be repeated."""

    async def get_operator_session(self, seller: str) -> OperatorSession | NotSupported:
        """Whether somebody has to sign in."""

    async def get_profile(self, seller: str) -> Profile | NotSupported:
        """Who the seller is at the authority."""

    async def get_usable_rates(self, seller: str) -> UsableRates | NotSupported:
        """Which rates the seller may use."""

    async def get_class_codes(self) -> ClassCodes | NotSupported:
        """The classification that holds now."""

    async def get_usage(self, number: str) -> Usage | NotSupported:
        """What the buyer has done with the invoice."""

    async def verify(self, claim: Claim) -> Match | NotSupported:
        """Whether an invoice is what somebody says."""

    async def fetch_layout(self, number: str, layout_format: str) -> Layout | NotSupported:
        """The authority's own pdf, ofd or xml."""

    async def reserve_quota(self, seller: str, amount: Decimal, *, request_id: str) -> NotSupported:
        """No connector here downloads quota ahead: each invoice uses the month's at the authority when it arrives."""

    async def release_quota(self, seller: str, *, request_id: str) -> NotSupported:
        """As for reserving."""
