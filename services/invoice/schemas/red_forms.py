"""Bodies and answers about red-letter forms and reissues."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.invoice.domain.red_form import Initiator, RedFormState
from services.invoice.domain.red_pricing import RedLineRequest
from services.invoice.domain.red_reasons import RedReason
from services.invoice.schemas.answers import AnswerModel, AuthorityErrorResponse, LineResponse, TotalsResponse
from services.invoice.schemas.fields import Amount, Quantity, StrictModel, Text

# What stands before the free remarks leaves so much of the 450 characters.
REMARKS_LIMIT = 382


class RedLineBody(StrictModel):
    """How much of a blue line, by exactly one of `quantity` and `amount` (without tax), both positive."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=2000)]
    quantity: Quantity | None = None
    amount: Amount | None = None

    def to_domain(self) -> RedLineRequest:
        return RedLineRequest(self.line_no, self.quantity, self.amount)


class OpenRedFormRequest(StrictModel):
    """Without `lines` all that is left is taken back; `issued_in_error` always takes all that is left."""

    reason: RedReason
    lines: Annotated[list[RedLineBody], Field(min_length=1, max_length=2000)] | None = None
    remarks: Annotated[str, Text(REMARKS_LIMIT, line_feeds=True)] = ""
    drawer: Annotated[str, Text(20)] = ""


class ListRedFormsParameters(BaseModel):
    """Filters of the list."""

    model_config = ConfigDict(extra="forbid")

    invoice_id: UUID | None = None
    state: Literal["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=1000)] | None = None


class RedFormResponse(AnswerModel):
    """A red-letter form; lines and totals are negative. Numbers come from the bureau, often within a second."""

    id: UUID
    state: RedFormState
    state_name: str
    state_name_en: str
    initiator: Initiator
    invoice_id: UUID
    invoice_number: str
    reason: RedReason
    lines: list[LineResponse]
    totals: TotalsResponse
    remarks: str
    drawer: str
    expires_at: datetime | None
    confirmation_number: Annotated[str, Field(pattern="^[0-9]{18}$")] | None
    uuid: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None
    red_invoice_id: UUID | None
    replacement_id: UUID | None
    last_error: AuthorityErrorResponse | None
    created_at: datetime
    updated_at: datetime
    version: int


class RedFormListResponse(AnswerModel):
    items: list[RedFormResponse]
    next_cursor: str | None
    as_of: datetime
