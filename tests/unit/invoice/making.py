"""Request bodies and priced invoices with valid defaults, and the worked invoices as request bodies."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.common.ids import InvoiceId
from libs.common.problems import FieldError, Invalid
from services.invoice.data.rule_packs import rule_pack
from services.invoice.domain.invoice import AuthorityError, Invoice, NumberChannel
from services.invoice.domain.kinds import QrCode
from services.invoice.domain.lifecycle import draft_invoice
from services.invoice.domain.numbering import Numbering
from services.invoice.domain.parties import Seller
from services.invoice.domain.pricing import PricedInvoice, price_invoice
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from tests.helpers.tax_ids import make_tax_id

WORKED = json.loads((Path(__file__).parents[2] / "data" / "worked_invoices.json").read_text("utf-8"))
INVOICES = {invoice["id"]: invoice for invoice in WORKED["invoices"]}

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
RULES = rule_pack(DAY)
SELLER = Seller("武汉晴川数码科技有限公司", make_tax_id(1))
ERROR = AuthorityError("busy", "The authority is busy.", "税局繁忙。")

KINDS = {"81": "digital_special", "82": "digital_ordinary"}
POLICIES = {"03": "exempt", "04": "not_taxable", "10": "simplified_5_reduced_1_5"}
ZERO_RATES = {"1": "export", "2": "not_taxed", "3": "ordinary"}


def make_line(**fields: Any) -> dict[str, Any]:
    """A line without its sums; give quantity and unit_price, or amount."""
    return {"name": "键盘", "tax_class_code": "1090511030000000000", "tax_rate": "0.13", **fields}


def make_body(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A body with one plain line unless others are given."""
    return {
        "kind": "digital_ordinary",
        "reference": "SO-1",
        "buyer": {"name": "武汉青禾商贸有限公司", "tax_id": make_tax_id(2)},
        "lines": list(lines) or [make_line(quantity="12", unit_price="86.5", unit="个")],
        **fields,
    }


def price(body: dict[str, Any]) -> PricedInvoice:
    """Through the schema and the pricing, as a request goes."""
    return price_invoice(IssueInvoiceRequest.model_validate(body).to_domain(), RULES)


def make_draft(*lines: dict[str, Any], **fields: Any) -> Invoice:
    """A priced draft of local blocks."""
    priced = price(make_body(*lines, **fields))
    return draft_invoice(InvoiceId(UUID(int=1)), SELLER, priced, channel=NumberChannel.LOCAL_BLOCKS, now=NOW)


def make_numbering(number: str = "26422000000000000001") -> Numbering:
    return Numbering(number, DAY, QrCode("32"))


def refusals_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointer and code of every error that pricing finds."""
    with pytest.raises(Invalid) as caught:
        price(body)
    errors: tuple[FieldError, ...] = caught.value.errors
    return [(error.pointer, error.code) for error in errors]


def worked_body(invoice: dict[str, Any]) -> dict[str, Any]:
    """The request whose answer the worked invoice is."""
    lines = [worked_line(line) for line in invoice["lines"] if "input" in line]
    coupon = sum(
        Decimal(line["input"].get("allocated_discount", 0)) for line in invoice["lines"] if "input" in line
    )
    extra = {"discount_amount": str(coupon)} if coupon else {}
    totals = invoice["totals"]
    expected = {"amount": totals["amount"], "tax": totals["tax"], "amount_with_tax": totals["amount_incl"]}
    return make_body(*lines, kind=KINDS[invoice["invoice_kind"]], totals=expected, **extra)


def worked_line(line: dict[str, Any]) -> dict[str, Any]:
    """The `input` member tells which form the caller used."""
    body = make_line(
        name=line["name"],
        tax_class_code=line["tax_class_code"],
        tax_rate=line["tax_rate"],
        unit=line["unit"],
        **_worked_sums(line["input"]),
    )
    if "policy_code" in line:
        body["policy"] = POLICIES[line["policy_code"]]
    if "zero_rate_mark" in line:
        body["zero_rate"] = ZERO_RATES[line["zero_rate_mark"]]
    return body


def _worked_sums(given: dict[str, Any]) -> dict[str, Any]:
    names = ["quantity", "unit_price", "amount", "tax", "deduction"]
    fields: dict[str, Any] = {name: given[name] for name in names if name in given}
    if "discount_rate" in given:
        fields["discount"] = {"rate": given["discount_rate"]}
    if given["mode"] == "price_incl":
        fields.setdefault("quantity", "1")
        fields.setdefault("unit_price", given["gross"])
    elif "gross" in given:
        fields["amount"] = given["gross"]
    return {**fields, "tax_included": given["mode"] in {"price_incl", "gross", "difference", "reduced"}}
