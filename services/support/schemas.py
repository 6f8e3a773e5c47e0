"""Bodies and query parameters of the ticket routes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from libs.common.pagination import Cursor, Limit
from libs.common.problems import UnprintableCharacter
from libs.common.text import clean_text
from services.support.domain.tickets import State


def _text(most: int, *, line_feeds: bool = False, is_required: bool = False) -> AfterValidator:
    """Printable, in NFC, at most so many characters before and after; not blank where it is required."""

    def clean(text: str) -> str:
        try:
            text = clean_text(text, line_feeds=line_feeds)
        except UnprintableCharacter as problem:
            raise PydanticCustomError("refused", "{error}", {"error": problem}) from None
        if len(text) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        if is_required and not text.strip():
            raise PydanticKnownError("string_too_short", {"min_length": 1})
        return text

    return AfterValidator(clean)


Title = Annotated[str, Field(min_length=1, max_length=200), _text(200, is_required=True)]
Text = Annotated[str, Field(min_length=1, max_length=5000), _text(5000, line_feeds=True, is_required=True)]
Note = Annotated[str, Field(max_length=1000), _text(1000, line_feeds=True)]
InvoiceName = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z-]{8,36}$", description="Number or id of an invoice of the tenant"),
]


class StrictModel(BaseModel):
    """Unknown fields are refused; a request does not change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StrictBody(StrictModel):
    """JSON values are taken as they are, never converted."""

    model_config = ConfigDict(strict=True)


class OpenTicketRequest(StrictBody):
    """What is the matter, and with which invoice if it is about one."""

    title: Title
    text: Text
    invoice: InvoiceName | None = None
    category: Literal["invoice", "document", "delivery", "sign_in", "printing", "other"] = "other"


class ReplyRequest(StrictBody):
    """`is_internal`: only agents see it, and only they may write such a note."""

    text: Text
    is_internal: bool = False


class AssignTicketRequest(StrictBody):
    """The user name or the id of an active support agent."""

    agent: Annotated[str, Field(pattern=r"^[0-9A-Za-z._@-]{1,64}$")]


class CloseTicketRequest(StrictBody):
    """What came of it."""

    resolution: Note = ""


class ReopenTicketRequest(StrictBody):
    """Why it is not done."""

    reason: Note = ""


class TicketFilters(StrictModel):
    """Query of the list; newest tickets first."""

    state: State | None = None
    invoice: InvoiceName | None = None
    limit: Limit = 50
    cursor: Cursor = None
