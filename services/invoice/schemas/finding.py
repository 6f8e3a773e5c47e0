"""Saved views, summary, history and shared links: bodies and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.invoice.queries.invoice_statements import Sort
from services.invoice.schemas.answers import AnswerModel, Money
from services.invoice.schemas.fields import StrictModel, Text
from services.invoice.schemas.queries import InvoiceFilterFields

LINK_SECONDS = 7 * 24 * 60 * 60


class SavedQuery(InvoiceFilterFields):
    """The list's filters and its order."""

    sort: Sort = "-issued_at"


class SavedViewRequest(StrictModel):
    """`shared`: everybody of the tenant may use it; only its owner changes it."""

    name: Annotated[str, Text(100, is_required=True)]
    query: SavedQuery
    shared: bool = False


class SavedViewResponse(AnswerModel):
    """`query` can be sent to the list as it is."""

    id: UUID
    name: str
    query: dict[str, Any]
    shared: bool
    owner: str
    updated_at: datetime


class SavedViewListResponse(AnswerModel):
    items: list[SavedViewResponse]
    next_cursor: str | None


class SumsResponse(AnswerModel):
    invoices: int
    amount: Money
    tax: Money
    amount_with_tax: Money


class SummaryResponse(AnswerModel):
    """Only states that occur; days and months are those of Asia/Shanghai."""

    total: SumsResponse
    today: SumsResponse
    this_month: SumsResponse
    by_status: dict[str, SumsResponse]
    by_authority_state: dict[str, SumsResponse]
    by_reversal: dict[str, SumsResponse]
    as_of: datetime


class HistoryEntryResponse(AnswerModel):
    """One changed field. `hash` is the SHA-256 of the tenant's row before and of this one; `position` counts from 1."""

    position: int
    time: datetime
    field: str
    old: Any
    new: Any
    actor: str
    request_id: str
    reason: str
    event_id: UUID
    hash: str


class HistoryResponse(AnswerModel):
    items: list[HistoryEntryResponse]
    next_cursor: str | None
    as_of: datetime


class TimelineLinkRequest(StrictModel):
    """`expires_in` seconds, at most seven days."""

    expires_in: Annotated[int, Field(strict=True, ge=60, le=LINK_SECONDS)] = 24 * 60 * 60


class TimelineLinkResponse(AnswerModel):
    """Whoever has the address sees the steps without names; it cannot be shown again."""

    url: str
    expires_at: datetime


class SharedStepResponse(AnswerModel):
    """`actor` is the kind of who did it: user, api_key, authority or a service."""

    time: datetime
    service: str
    type: str
    summary: str
    summary_zh: str
    actor: str


class SharedTimelineResponse(AnswerModel):
    """The steps without who did them; names and numbers are masked."""

    number: str | None
    status: str
    authority_state: str
    buyer: str
    items: list[SharedStepResponse]
    expires_at: datetime
    as_of: datetime
