"""Bodies and query parameters of the ticket routes."""

from typing import Annotated, Literal

from pydantic import Field

from libs.common.pagination import PageParameters
from libs.common.request_models import StrictBody, printable
from services.support.domain.tickets import State

Title = Annotated[str, Field(min_length=1, max_length=200), printable(200, is_required=True)]
Text = Annotated[
    str, Field(min_length=1, max_length=5000), printable(5000, line_feeds=True, is_required=True)
]
Note = Annotated[str, Field(max_length=1000), printable(1000, line_feeds=True)]
NumberOrId = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z-]{8,36}$", description="Number or id of an invoice of the tenant"),
]


MailedFormat = Literal["pdf", "ofd", "xml"]


class OpenTicketRequest(StrictBody):
    """What is the matter, and with which invoice if it is about one."""

    title: Title
    text: Text
    invoice: NumberOrId | None = None
    category: Literal["invoice", "document", "delivery", "sign_in", "printing", "other"] = "other"


class ReplyRequest(StrictBody):
    """`is_internal`: only agents see it, and only they may write such a note."""

    text: Text
    is_internal: bool = False


class AssignTicketRequest(StrictBody):
    """The user name or the id of an active support agent."""

    agent: Annotated[str, Field(pattern=r"^[0-9A-Za-z._@-]{1,64}$")]


class CopyRequest(StrictBody):
    """To the contact stored with the invoice, or to the addresses bound to the owners' accounts; the tenant is told.

    `formats`: those of them that are ready.
    """

    to: Literal["buyer", "owners"]
    formats: Annotated[
        list[MailedFormat], Field(min_length=1, max_length=3, default_factory=lambda: ["pdf", "ofd", "xml"])
    ]
    reason: Annotated[str, Field(min_length=1, max_length=500), printable(500, is_required=True)]


class CloseTicketRequest(StrictBody):
    """What came of it."""

    resolution: Note = ""


class ReopenTicketRequest(StrictBody):
    """Why it is not done."""

    reason: Note = ""


class TicketFilters(PageParameters):
    """Query of the list; newest tickets first."""

    state: State | None = None
    invoice: NumberOrId | None = None
