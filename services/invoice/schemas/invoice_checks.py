"""`POST /v1/invoice-checks`: what is checked, and what is found."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from services.invoice.domain.findings import Severity
from services.invoice.schemas.answers import AnswerModel, TotalsResponse
from services.invoice.schemas.fields import StrictModel
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest


class _AsInvoice:
    """In the document the body of `POST /v1/invoices`; taken as it is, because wrong fields are findings."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(IssueInvoiceRequest.__pydantic_core_schema__)


class InvoiceCheckRequest(StrictModel):
    """Exactly one: `invoice` as for `POST /v1/invoices`, or the `number` of one that was issued.

    A number of 8 digits is told from others by its 发票代码: as `code`, or written before it.
    """

    invoice: Annotated[dict[str, Any], _AsInvoice()] | None = None
    number: Annotated[str, Field(pattern="^[0-9]{8}([0-9]{10}([0-9]{2})?)?$")] | None = None

    code: Annotated[str, Field(pattern="^([0-9]{10}|[0-9]{12})$")] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.invoice is None) == (self.number is None) or (self.code is not None and self.number is None):
            raise PydanticCustomError("one_of", "Give exactly one of invoice and number")
        return self


class SuggestedBuyer(AnswerModel):
    name: str
    tax_id: str


class FindingResponse(AnswerModel):
    """`pointer` leads into the invoice, as in the errors of `POST /v1/invoices`; empty: the invoice as a whole."""

    severity: Severity
    pointer: str
    code: str
    detail: str
    detail_zh: str
    suggestions: list[SuggestedBuyer]


class InvoiceCheckResponse(AnswerModel):
    """`passed`: no finding is an error. `totals` as they would be or are; null if they cannot be worked out."""

    invoice_id: UUID | None
    rule_pack: str
    passed: bool
    totals: TotalsResponse | None
    findings: list[FindingResponse]
    as_of: datetime
