"""Rule packs and their replay: what requests take and what answers hold."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from libs.common.problems import Invalid
from services.invoice.domain.refusals import refuse
from services.invoice.schemas.answers import AnswerModel, TotalsResponse
from services.invoice.schemas.fields import Moment, StrictModel

LONGEST_PERIOD = timedelta(days=366)


class ReplayRequest(StrictModel):
    """The period of issue, both days included, at most a year."""

    first: Annotated[str, Moment(), Field(alias="from", examples=["2026-10-01"])]
    last: Annotated[str, Moment(), Field(alias="to", examples=["2026-10-31"])]

    def to_period(self) -> tuple[date, date]:
        """Raises Invalid for a period that ends before it begins or is too long."""
        first, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        if not timedelta() <= last - first < LONGEST_PERIOD:
            raise Invalid(errors=[refuse("/to", "period-out-of-range", limit=LONGEST_PERIOD.days)])
        return first, last


class FieldErrorResponse(AnswerModel):
    pointer: str
    code: str
    detail: str
    detail_zh: str


class RulePackItem(AnswerModel):
    """A pack is named by the first day it is in force."""

    id: Annotated[str, Field(examples=["2026-01-01"])]
    in_force_from: date
    in_force_until: date | None
    is_current: bool
    summary: str
    summary_zh: str


class RulePackListResponse(AnswerModel):
    items: list[RulePackItem]
    next_cursor: None
    as_of: datetime


class DoubtResponse(AnswerModel):
    pointer: str
    note: str
    note_zh: str


class RulePackResponse(AnswerModel):
    """The whole pack; `short_names` are the 简称 by the beginning of the tax class code."""

    id: str
    summary: str
    summary_zh: str
    uncertain: list[DoubtResponse]
    rates: dict[str, Any]
    policies: dict[str, Any]
    zero_rates: dict[str, Any]
    tolerances: dict[str, Decimal]
    limits: dict[str, Any]
    kinds: dict[str, Any]
    special_business: dict[str, Any]
    short_names: dict[str, str]


class ChangedInvoiceResponse(AnswerModel):
    """`refused`: for the reasons in `errors`; `amounts`: `after` differs from what the same rules give otherwise."""

    invoice_id: UUID
    number: str | None
    reference: str | None
    issue_date: date
    rule_pack: str
    change: Literal["refused", "amounts"]
    errors: list[FieldErrorResponse]
    before: TotalsResponse
    after: TotalsResponse | None


class ReplayResponse(AnswerModel):
    """One page: of `judged` invoices, `items` would change. Go on with `next_cursor` even where `items` is empty."""

    rule_pack: str
    first_day: Annotated[date, Field(alias="from")]
    last_day: Annotated[date, Field(alias="to")]
    judged: int
    items: list[ChangedInvoiceResponse]
    next_cursor: str | None
    as_of: datetime
