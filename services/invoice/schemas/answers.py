"""The invoice of the public answers, for the OpenAPI document; answers themselves are bytes of `domain.encoding`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.invoice.domain.invoice import AuthorityState, Nature, NumberChannel, Reversal, Status
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.rules import Policy, ZeroRate

Money = Annotated[str, Field(pattern=r"^-?[0-9]{1,16}\.[0-9]{2}$", examples=["1038.00"])]
Figure = Annotated[str, Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,13})?$", examples=["86.5"])]


class AnswerModel(BaseModel):
    """An answer has exactly the fields that are documented."""

    model_config = ConfigDict(extra="forbid")


class AuthorityErrorResponse(AnswerModel):
    code: str
    detail: str
    detail_zh: str


class AuthorityResponse(AnswerModel):
    """How far the tax authority is with the invoice."""

    channel: NumberChannel
    state: AuthorityState
    updated_at: datetime
    last_error: AuthorityErrorResponse | None


class SellerResponse(AnswerModel):
    name: str
    tax_id: str
    address: str
    phone: str
    bank_name: str
    bank_account: str


class BuyerResponse(SellerResponse):
    email: str
    mobile: str
    is_individual: bool


class LineResponse(AnswerModel):
    """A printed line; `unit_price` and `amount` are without tax. The last three are absent where they do not apply."""

    line_no: int
    nature: Nature
    name: Annotated[str, Field(examples=["*计算机外部设备*键盘"])]
    specification: str
    unit: str
    tax_class_code: str
    policy: Policy | None
    quantity: Figure | None
    unit_price: Figure | None
    amount: Money
    tax_rate: Annotated[str, Field(examples=["0.13"])]
    tax: Money
    amount_with_tax: Money
    printed_rate: Annotated[str, Field(examples=["13%", "免税", "***"])]
    printed_tax: Annotated[str, Field(examples=["134.94", "***"])]
    zero_rate: ZeroRate | None = None
    deduction: Money | None = None
    blue_line_no: int | None = None


class TotalsResponse(AnswerModel):
    amount: Money
    tax: Money
    amount_with_tax: Money
    amount_with_tax_words: Annotated[str, Field(examples=["壹仟壹佰柒拾贰圆玖角肆分"])]


class DocumentResponse(AnswerModel):
    format: str
    state: str
    sha256: str | None
    size: int | None
    version: int


class NoteResponse(AnswerModel):
    text: str
    author: str
    created_at: datetime


class RedResponse(AnswerModel):
    """What a red invoice takes back."""

    blue_id: UUID
    blue_number: str
    form_id: UUID
    confirmation_number: str
    reason: str
    blue_code: str | None = None


class PrintResponse(AnswerModel):
    """Which bank and address lines of the parties stand in the remarks."""

    seller_bank: bool
    seller_address: bool
    buyer_bank: bool
    buyer_address: bool


class VoidingResponse(AnswerModel):
    """A void that the authority has not decided on yet."""

    requested_at: datetime
    reason: str


class InvoiceResponse(AnswerModel):
    """An invoice; what needs the number is null until there is one."""

    id: UUID
    kind: InvoiceKind
    number: Annotated[str, Field(pattern="^[0-9]{8}([0-9]{12})?$")] | None
    code: Annotated[str, Field(pattern="^[0-9]{10}([0-9]{2})?$")] | None
    check_code: Annotated[str, Field(pattern="^[0-9]{20}$")] | None
    status: Status
    reversal: Reversal
    issue_date: date | None
    issued_at: datetime | None
    authority: AuthorityResponse
    status_updated_at: datetime
    expected_final_by: datetime | None
    version: int
    seller: SellerResponse
    buyer: BuyerResponse
    lines: list[LineResponse]
    totals: TotalsResponse
    qr_text: str | None
    documents: list[DocumentResponse]
    remarks: str
    drawer: str
    payee: str
    reviewer: str
    print: PrintResponse
    reference: str | None
    special_business: dict[str, Any] | None
    tags: list[str]
    notes: list[NoteResponse]
    replaces: UUID | None
    replaced_by: UUID | None
    red: RedResponse | None
    voiding: VoidingResponse | None
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    rule_pack: Annotated[str, Field(examples=["2026-01-01"])] | None
