"""The worked invoices of the trade as bodies of `POST /v1/invoices`."""

import json
from pathlib import Path
from typing import Any

WORKED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "worked_invoices.json").read_text())
WORKED_BLUE: list[dict[str, Any]] = [
    worked for worked in WORKED["invoices"] if worked["blue"] and worked["checks"]["expect"] == "accept"
]
_KINDS = {"81": "digital_special", "82": "digital_ordinary"}
_POLICIES = {"03": "exempt", "04": "not_taxable", "10": "simplified_5_reduced_1_5"}


def make_worked_body(worked: dict[str, Any]) -> dict[str, Any]:
    """The body that a caller would send for it; printed discount lines become the discount of their line."""
    lines = [_line(line) for line in worked["lines"] if line["nature"] != "01"]
    body: dict[str, Any] = {
        "kind": _KINDS[worked["invoice_kind"]],
        "buyer": {"name": "武汉某某商贸有限公司", "tax_id": "91420100MA4K00002Y"},
        "lines": lines,
    }
    if worked["id"] == "W16":
        body["discount_amount"] = "10.00"
    return body


def _line(line: dict[str, Any]) -> dict[str, Any]:
    given = line["input"]
    body = {name: line[name] for name in ("name", "tax_class_code", "tax_rate", "unit")}
    body |= {"specification": line["spec"]}
    if line.get("policy_code"):
        body["policy"] = _POLICIES[line["policy_code"]]
    elif line.get("zero_rate_mark"):
        body["zero_rate"] = "ordinary"
    return body | _sums(given, line)


def _sums(given: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    match given["mode"]:
        case "price_excl":
            sums = {"quantity": given["quantity"], "unit_price": given["unit_price"]}
            if "discount_rate" in given:
                sums["discount"] = {"rate": given["discount_rate"]}
            return sums
        case "price_incl" if "allocated_discount" in given:
            return {"quantity": line["quantity"], "unit_price": given["gross"], "tax_included": True}
        case "price_incl":
            return {"quantity": given["quantity"], "unit_price": given["unit_price"], "tax_included": True}
        case "amount" | "declared":
            return {"amount": given["amount"], **({"tax": given["tax"]} if "tax" in given else {})}
        case "amount_excl":
            return {"quantity": given["quantity"], "amount": given["amount"]}
        case "gross" | "reduced":
            return {"amount": given["gross"], "tax_included": True}
        case "difference":
            return {"amount": given["gross"], "tax_included": True, "deduction": given["deduction"]}
    raise ValueError(given["mode"])
