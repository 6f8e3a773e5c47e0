"""Lists and views of the public answers, for the OpenAPI document; the answers themselves are ready bytes."""

from datetime import date, datetime
from uuid import UUID

from services.invoice.domain.invoice import AuthorityState, Reversal, Status
from services.invoice.domain.kind_texts import Reason
from services.invoice.domain.kinds import InvoiceKind, Medium, VoidWindow
from services.invoice.schemas.answers import AnswerModel, DocumentResponse, Money, RedResponse


class ListedAuthority(AnswerModel):
    state: AuthorityState


class ListedSeller(AnswerModel):
    name: str


class ListedBuyer(AnswerModel):
    name: str
    tax_id: str


class ListedTotals(AnswerModel):
    amount: Money
    tax: Money
    amount_with_tax: Money


class ListedInvoice(AnswerModel):
    """One invoice of a list; names as in the whole invoice."""

    id: UUID
    kind: InvoiceKind
    code: str | None
    number: str | None
    reference: str | None
    status: Status
    reversal: Reversal
    authority: ListedAuthority
    issue_date: date | None
    issued_at: datetime | None
    seller: ListedSeller
    buyer: ListedBuyer
    totals: ListedTotals
    tags: list[str]
    documents: list[DocumentResponse]
    red: RedResponse | None
    status_updated_at: datetime
    expected_final_by: datetime


class InvoiceListResponse(AnswerModel):
    items: list[ListedInvoice]
    next_cursor: str | None
    as_of: datetime


class TimelineEntryResponse(AnswerModel):
    time: datetime
    service: str
    type: str
    summary: str
    summary_zh: str
    actor: str
    request_id: str
    event_id: UUID


class TimelineResponse(AnswerModel):
    items: list[TimelineEntryResponse]
    next_cursor: None
    as_of: datetime


class LedgerItemResponse(AnswerModel):
    code: str | None
    number: str
    state: str
    invoice_id: UUID | None
    block_id: UUID
    reason: str | None
    time: datetime


class LedgerCountsResponse(AnswerModel):
    """Over the whole range that was asked for."""

    numbers: int
    allocated: int
    used: int
    voided: int
    wasted: int
    unexplained: int


class LedgerResponse(AnswerModel):
    """`counts`, `unexplained` and `codes` come with the first page; a range without a hole has 0 unexplained.

    `codes`: the 发票代码 of the stock that the tenant's taxpayers hold, each to be asked for by `code`.
    """

    items: list[LedgerItemResponse]
    next_cursor: str | None
    as_of: datetime
    counts: LedgerCountsResponse | None
    unexplained: int | None
    codes: list[str] | None


class QuotaResponse(AnswerModel):
    """Sums without tax of one calendar month, yyyyMM."""

    taxpayer_id: UUID
    period: str
    total: Money
    used: Money
    reserved: Money
    available: Money
    suspended: bool
    as_of: datetime


class KindResponse(AnswerModel):
    """A kind of invoice; one that cannot be chosen now says why, and what to do.

    `blocking_draft`: the unfinished operation that blocks it. `numbers_left`: at hand, null where the bureau gives each
    number or the taxpayer is not entitled. `void_window` null: it can at no time be voided.
    """

    kind: InvoiceKind
    code: str
    name: str
    name_zh: str
    medium: Medium
    number_form: str
    is_voidable: bool
    void_window: VoidWindow | None
    is_special: bool
    explanation: str
    explanation_zh: str
    corrections: list[str]
    correction: str
    correction_zh: str
    allowed: bool
    reason_code: Reason | None
    reason: str
    reason_zh: str
    remedy: str
    remedy_zh: str
    example: str
    example_zh: str
    blocking_draft: UUID | None
    numbers_left: int | None


class KindListResponse(AnswerModel):
    items: list[KindResponse]
    next_cursor: None
    as_of: datetime
    taxpayer_id: UUID
    rule_pack: str
