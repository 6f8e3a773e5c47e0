"""What is asked and answered at /v1/verifications, beside files."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from libs.common.request_models import StrictBody
from services.render.verification.fields import Where, name_field
from services.render.verification.question import Question, amount_pointer, read_qr
from services.render.verification.verdict import Verdict
from services.render.verification.verifier import Outcome


def _check_amount(text: str) -> str:
    try:
        Decimal(text)
    except InvalidOperation:
        raise ValueError("not a decimal") from None
    return text


def _check_day(text: str) -> str:
    return str(date.fromisoformat(text))


MOST_ALTERED = 100

Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"), AfterValidator(_check_amount)]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_check_day)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
TaxId = Annotated[str, Field(min_length=1, max_length=30)]


class VerificationQuestion(StrictBody):
    """The text of the QR code; or number, day and either an amount or the last digits of the check code."""

    qr: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    number: Annotated[str | None, Field(pattern=r"^([0-9]{20}|[0-9]{8})$")] = None
    code: Annotated[str | None, Field(pattern=r"^([0-9]{12}|[0-9]{10})$", description="发票代码")] = None
    issue_date: Day | None = None
    amount: Amount | None = Field(default=None, description="With tax; without it where there is a code")
    check_code: Annotated[
        str | None, Field(pattern=r"^([0-9]{6}|[0-9]{20})$", description="The last six digits, or all")
    ] = None
    seller_name: Name | None = None
    seller_tax_id: TaxId | None = None
    buyer_name: Name | None = None
    buyer_tax_id: TaxId | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        facts = self.model_fields_set - {"qr"}
        if self.qr is not None:
            if facts:
                raise ValueError("qr stands alone")
            return self
        if self.number is None or self.issue_date is None or not (self.amount or self.check_code):
            raise ValueError("give qr, or number, issue_date and amount or check_code")
        if (len(self.number) == 8) != (self.code is not None):
            raise ValueError("a number of 8 digits goes with a code, one of 20 digits without")
        return self

    def as_question(self) -> Question:
        """Raises QrTextDamaged."""
        if self.qr is not None:
            return read_qr(self.qr)
        code = self.code or ""
        facts = {
            "/issue_date": self.issue_date,
            amount_pointer(code): self.amount,
            "/check_code": self.check_code,
            "/seller/name": self.seller_name,
            "/seller/tax_id": self.seller_tax_id,
            "/buyer/name": self.buyer_name,
            "/buyer/tax_id": self.buyer_tax_id,
        }
        shown = {pointer: value for pointer, value in facts.items() if value is not None}
        return Question("facts", code, self.number or "", shown)


HintCode = Literal["re-saved", "superseded-version", "voided", "partly-reversed", "wholly-reversed"]


class AlteredField(BaseModel):
    """A field that is not as issued. What was issued is not told."""

    field: str = Field(description="A pointer as in the public answer of an invoice")
    name: str
    name_zh: str
    where: Where = Field(description="On the face of a page, or in the structured content")


class VerificationHint(BaseModel):
    """What to know beside the verdict."""

    code: HintCode
    detail: str
    detail_zh: str


class VerificationAnswer(BaseModel):
    """Of an unknown document nothing else is said. `reversed`: authentic, but taken back wholly or in part, or void."""

    verdict: Verdict
    summary: str
    summary_zh: str
    format: str = Field(description="pdf, ofd, xml, ubl, json, qr or facts")
    version: int | None = Field(description="Of the archived document that it was compared with")
    is_original: bool = Field(description="The very bytes that were archived")
    code: str | None
    number: str | None
    status: Literal["issued", "voided"] | None
    reversal: Literal["none", "partial", "full"] | None
    altered: list[AlteredField] = Field(description="At most 100 of them")
    altered_count: int
    hints: list[VerificationHint]
    as_of: datetime


_SUMMARIES: dict[Verdict, tuple[str, str]] = {
    "match": ("The document agrees with the invoice as issued.", "与所开具的发票一致。"),
    "altered": ("The document differs from the invoice as issued.", "与所开具的发票不一致，内容已被改动。"),
    "unknown": ("No invoice issued here agrees with this.", "未查到与之相符的、由本平台开具的发票。"),
    "reversed": (
        "The document is authentic, but the invoice was taken back.",
        "文件真实，但发票已冲红或作废。",
    ),
}
_HINTS = {
    "re-saved": (
        "The contents are as issued, but a program has saved the file anew: keep the original for the accounts.",
        "内容与开具时一致，但文件被其他程序重新保存过；请以原文件归档入账。",
    ),
    "superseded-version": ("There is a newer version of this document.", "该文件已有更新的版本。"),
    "voided": ("The invoice was voided: nothing may be claimed by it.", "发票已作废，不得作为凭证。"),
    "partly-reversed": ("Red invoices have taken back a part.", "发票已部分冲红。"),
    "wholly-reversed": ("Red invoices have taken back all of it.", "发票已全额冲红。"),
}


def build_answer(outcome: Outcome, now: datetime) -> VerificationAnswer:
    standing = outcome.standing
    summary, summary_zh = _SUMMARIES[outcome.verdict]
    pointers = {(each.pointer, each.where) for each in outcome.differences}
    return VerificationAnswer(
        verdict=outcome.verdict,
        summary=summary,
        summary_zh=summary_zh,
        format=outcome.format,
        version=outcome.version,
        is_original=outcome.is_original,
        code=standing.code or None if standing else None,
        number=standing.number if standing else None,
        status=standing.status if standing else None,
        reversal=standing.reversal if standing else None,
        altered=[
            AlteredField(field=pointer, where=where, **name_field(pointer)._asdict())
            for pointer, where in sorted(pointers)[:MOST_ALTERED]
        ],
        altered_count=len(pointers),
        hints=[
            VerificationHint(code=code, detail=_HINTS[code][0], detail_zh=_HINTS[code][1])
            for code in _hints(outcome)
        ],
        as_of=now,
    )


def _hints(outcome: Outcome) -> Iterator[HintCode]:
    standing = outcome.standing
    if standing is None:
        return
    if outcome.version is not None and not outcome.is_original and not outcome.differences:
        yield "re-saved"
    if outcome.is_superseded:
        yield "superseded-version"
    if standing.status == "voided":
        yield "voided"
    if standing.reversal == "partial":
        yield "partly-reversed"
    if standing.reversal == "full":
        yield "wholly-reversed"
