"""The invoice as a JSON document: the printed part of the public answer, by the same names and in the same order."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from libs.common.contracts.invoice_document import LineDocument, TotalsDocument
from libs.common.contracts.special_business import SpecialBusinessDocument
from services.render.structured.codes import find_kind

Kind = Literal[
    "digital_special",
    "digital_ordinary",
    "paper_special",
    "paper_ordinary",
    "tax_control_special",
    "tax_control_ordinary",
]
Number = Annotated[str, msgspec.Meta(pattern="^([0-9]{8}|[0-9]{20})$")]
Code = Annotated[str, msgspec.Meta(pattern="^([0-9]{10}|[0-9]{12})$")]


class JsonParty(msgspec.Struct, frozen=True, kw_only=True):
    """Seller or buyer as printed; empty strings where nothing was given."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    tax_id: str
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    is_individual: bool = False


class JsonRed(msgspec.Struct, frozen=True, kw_only=True):
    """The blue invoice that a red one reverses, and the number of the confirmation form."""

    blue_number: Number
    confirmation_number: str | None = None
    blue_code: Code | None = None


class JsonInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as printed. Money, prices, quantities and rates are decimal strings."""

    document: Literal["openfapiao.invoice.v1"] = "openfapiao.invoice.v1"
    """What this document is, and in which version."""
    is_sample: Literal[True] = True
    """No tax authority has issued it (样票)."""
    kind: Kind
    number: Number
    """发票号码: 20 digits, or 8 below a `code`."""
    code: Code | None = None
    """发票代码, of paper and tax-control kinds."""
    check_code: str | None = None
    """校验码, of the kinds that have one."""
    issue_date: date
    """The day of issue in Asia/Shanghai."""
    issued_at: Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
    seller: JsonParty
    buyer: JsonParty
    lines: Annotated[tuple[LineDocument, ...], msgspec.Meta(min_length=1)]
    totals: TotalsDocument
    qr_text: str | None = None
    """What the QR code on the page says."""
    remarks: str = ""
    """As the seller wrote them; the page adds what the law wants there."""
    drawer: str = ""
    payee: str = ""
    reviewer: str = ""
    special_business: SpecialBusinessDocument | None = None
    red: JsonRed | None = None
    """Only on a red invoice, whose quantities and sums are negative."""
    mark: Literal["voided", "dry_run"] | None = None
    """What has become of the invoice since (each change is a further version), or that it was only tried."""


def render_json(document: Mapping[str, Any]) -> bytes:
    """The same bytes for the same invoice; raises Undrawable, msgspec.ValidationError."""
    find_kind(document["kind"])
    texts = {name: document.get(name) or "" for name in ("remarks", "drawer", "payee", "reviewer")}
    invoice = msgspec.convert({**document, **texts}, JsonInvoice)
    return msgspec.json.encode(invoice) + b"\n"
