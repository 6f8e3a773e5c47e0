"""The port to a tax authority for red-letter forms; the serial of a form is its id."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.red_form import RedForm, RegisteredForm
from services.invoice.domain.red_pricing import ListedLine
from services.invoice.domain.red_reasons import RedReason
from services.invoice.domain.stored_red_form import Task


class FormUpload(Struct, frozen=True):
    """A form under its serial, with the seller who enters it."""

    seller: str
    serial: str
    form: RedForm


class FormOutcome(Struct, frozen=True):
    """`registered`: how the form stands. `error`: refused for good. Neither: not known there, or not yet."""

    registered: RegisteredForm | None = None
    error: AuthorityError | None = None


class ListedForm(Struct, frozen=True):
    """A form in the bureau's list that the buyer has entered."""

    serial: str
    invoice_number: str
    reason: RedReason
    lines: tuple[ListedLine, ...]
    registered: RegisteredForm


class RedFormAuthority(Protocol):
    """All calls raise AuthorityUnavailable; all may be repeated."""

    async def apply_form(self, upload: FormUpload) -> FormOutcome:
        """Register the form, or say what became of it."""

    async def tell_form(self, upload: FormUpload, task: Task) -> FormOutcome:
        """Our side confirms, rejects or revokes; answers how the form stands, whatever was possible."""

    async def ask_forms(self, uploads: Sequence[FormUpload]) -> list[FormOutcome]:
        """How forms stand, in order."""

    async def list_forms(self, seller: str, cursor: str) -> tuple[list[ListedForm], str | None]:
        """Forms that buyers have entered, from the cursor on, and the cursor of the next page if there is one."""
