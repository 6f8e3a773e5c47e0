"""The directory of buyers: query parameters and answers."""

from datetime import datetime
from typing import Annotated

from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import Text
from services.invoice.schemas.queries import PageParameters


class BuyerParameters(PageParameters):
    """`q`: part of the name or of the tax id; without it, the buyers used last."""

    q: Annotated[str, Text(100)] = ""


class KnownBuyerResponse(AnswerModel):
    """A buyer as it was printed last, ready to be a request's `buyer`."""

    name: str
    tax_id: str
    address: str
    phone: str
    bank_name: str
    bank_account: str
    email: str
    invoice_count: int
    last_used_at: datetime


class BuyerListResponse(AnswerModel):
    items: list[KnownBuyerResponse]
    next_cursor: str | None
    as_of: datetime
