"""Query parameters; unknown ones are refused like unknown fields."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from libs.common.clock import SHANGHAI
from services.invoice.domain.invoice import Reversal, Status
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.numbering import split_number
from services.invoice.queries.invoice_filters import InvoiceFilters
from services.invoice.queries.invoice_statements import Sort
from services.invoice.queries.ledger import NumberSpan
from services.invoice.schemas.fields import Number, StrictModel, Text

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")


def _instant_at(day_time: time) -> BeforeValidator:
    """A calendar day in Asia/Shanghai, taken at `day_time`, or an RFC 3339 instant with its offset.

    One that lies before the year 1 in UTC cannot be asked for.
    """

    def parse(value: object) -> datetime:
        text = value if isinstance(value, str) else ""
        try:
            if _DAY.fullmatch(text):
                day = datetime.combine(date.fromisoformat(text), day_time, SHANGHAI)
                return day.astimezone(UTC).astimezone(SHANGHAI)
            if _INSTANT.fullmatch(text):
                return datetime.fromisoformat(text.upper()).astimezone(UTC).astimezone(SHANGHAI)
        except (ValueError, OverflowError):
            pass
        raise PydanticCustomError(
            "day_or_instant", "Give a day (YYYY-MM-DD) or an RFC 3339 instant with offset"
        )

    return BeforeValidator(parse)


_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ].+)?$"})
From = Annotated[datetime, _instant_at(time.min), _SCHEMA]
To = Annotated[datetime, _instant_at(time.max), _SCHEMA]
Sum = Annotated[Decimal, Number(digits=16, decimals=2, may_be_zero=True)]


class PageParameters(StrictModel):
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Text(500)] | None = None


class InvoiceFilterFields(StrictModel):
    """Which invoices are meant; `buyer` is part of the name, every word of `q` must occur.

    `number` may be code and number written together.
    """

    number: Annotated[str, Text(20)] | None = None
    code: Annotated[str, Text(12)] | None = None
    reference: Annotated[str, Text(64)] | None = None
    kind: InvoiceKind | None = None
    status: Status | None = None
    reversal: Reversal | None = None
    buyer: Annotated[str, Text(100)] | None = None
    tax_id: Annotated[str, Text(20)] | None = None
    issued_from: From | None = None
    issued_to: To | None = None
    amount_from: Sum | None = None
    amount_to: Sum | None = None
    tag: Annotated[str, Text(32)] | None = None
    q: Annotated[str, Text(200)] | None = None

    def to_filters(self) -> InvoiceFilters:
        names = set(InvoiceFilters.__struct_fields__) - {"words"}
        given: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.number is not None and self.code is None:
            given |= split_number(self.number)._asdict()
        return InvoiceFilters(**given, words=tuple((self.q or "").lower().split()))


class ListInvoicesParameters(InvoiceFilterFields, PageParameters):
    """`consistent` waits until the list shows what the tenant has written."""

    sort: Sort = "-issued_at"
    consistent: bool = False


class WaitParameters(StrictModel):
    """`wait`: answer when the invoice has this status, or after `timeout` seconds as it then is.

    `voided` also answers once the authority has refused that, or where nobody has asked for it.
    """

    wait: Literal["issued", "confirmed", "rejected", "voided"] | None = None
    timeout: int = Field(default=10, ge=0, le=30)


class IssueParameters(StrictModel):
    """`dry_run`: compute the answer, keep and consume nothing.

    `allow_duplicate`: issue it although an invoice of the same day says the same; needs `invoice:allow-duplicate`.
    """

    dry_run: bool = False
    allow_duplicate: bool = False


class LedgerParameters(PageParameters):
    """Numbers between `from` and `to`, both included; without them, all.

    `code`: of the stock under this 发票代码 instead of digital numbers.
    """

    first: Annotated[str, Field(alias="from", pattern=r"^[0-9]{1,20}$")] = "0"
    last: Annotated[str, Field(alias="to", pattern=r"^[0-9]{1,20}$")] = "9" * 20
    code: Annotated[str, Field(pattern=r"^[0-9]{10}([0-9]{2})?$")] | None = None

    def to_span(self) -> NumberSpan:
        return NumberSpan(self.first, self.last, self.code)


class KindParameters(StrictModel):
    """None: the default taxpayer."""

    taxpayer_id: UUID | None = None


class QuotaParameters(StrictModel):
    taxpayer_id: UUID | None = None
