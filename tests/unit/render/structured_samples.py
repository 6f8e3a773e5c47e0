"""Invoices for the structured documents: the worked ones with all their codes, and every other sample."""

import json
from decimal import Decimal
from typing import Any

from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.samples import BUYER, NUMBER, WORKED, hard_invoices, make_invoice, make_line

_NATURES = {"00": "normal", "01": "discount", "02": "discounted"}
_POLICIES = {"03": "exempt", "04": "not_taxable", "10": "simplified_5_reduced_1_5"}
_ZERO_RATES = {"03": "export", "04": "not_taxed"}


def answered_invoices() -> dict[str, dict[str, Any]]:
    """The worked invoices that are accepted, as the API answers them, by id."""
    return {
        worked["id"]: _answer(worked)
        for worked in json.loads(WORKED.read_text())["invoices"]
        if worked["checks"]["expect"] == "accept"
    }


def every_invoice() -> dict[str, dict[str, Any]]:
    """All samples: worked, hard to print, of special businesses, of other kinds, and of persons and zero rates."""
    return {
        **answered_invoices(),
        **hard_invoices(),
        **business_invoices(),
        **{f"tax_control_{name}": invoice for name, invoice in tax_control_invoices().items()},
        "individual": make_invoice(buyer={"name": "王样例", "tax_id": "", "is_individual": True}),
        "zero_rated": make_invoice(
            make_line(tax_rate="0", tax="0.00", printed_rate="0%", printed_tax="0.00", zero_rate="ordinary")
        ),
        "voided_paper": make_invoice(
            kind="paper_special", code="4200261130", number="00000001", mark="voided"
        ),
        "folded": make_invoice(
            remarks="甲\n乙\n\n丙 丁", buyer=BUYER | {"address": "一号 & <二号> \"三\" '四'"}
        ),
    }


def _answer(worked: dict[str, Any]) -> dict[str, Any]:
    totals = worked["totals"]
    return make_invoice(
        *map(_line, worked["lines"]),
        kind="digital_special" if worked["invoice_kind"] == "81" else "digital_ordinary",
        remarks=worked.get("remark_prefix", ""),
        totals={
            "amount": totals["amount"],
            "tax": totals["tax"],
            "amount_with_tax": totals["amount_incl"],
            "amount_with_tax_words": totals["amount_incl_words"],
        },
        red=None if worked["blue"] else {"blue_number": NUMBER, "confirmation_number": "420100261100000001"},
        qr_text=f"01,32,,{NUMBER},{totals['amount_incl']},20261124,,2541",
    )


def _line(line: dict[str, Any]) -> dict[str, Any]:
    policy = line.get("policy_code", "")
    return make_line(
        line["name"],
        line_no=line["line_no"],
        nature=_NATURES[line["nature"]],
        specification=line["spec"],
        unit=line["unit"],
        tax_class_code=line["tax_class_code"],
        policy=_POLICIES.get(policy),
        zero_rate=_ZERO_RATES.get(policy),
        quantity=line["quantity"],
        unit_price=line["unit_price_excl"],
        amount=line["amount"],
        tax_rate=line["tax_rate"],
        tax=line["tax"],
        amount_with_tax=line["amount_incl"],
        printed_rate=line["print"]["rate"],
        printed_tax=line["print"]["tax"],
        deduction=line.get("deduction"),
        blue_line_no=line.get("original_line_no"),
    )


def summed_invoices() -> dict[str, dict[str, Any]]:
    """Every sample with totals that are the sums of its lines, and with no tax where none is printed."""
    return {name: _sum(invoice) for name, invoice in every_invoice().items()}


def _sum(invoice: dict[str, Any]) -> dict[str, Any]:
    lines = [_tax(line) for line in invoice["lines"]]
    amount, tax = (sum(Decimal(line[name]) for line in lines) for name in ("amount", "tax"))
    totals = {"amount": f"{amount:.2f}", "tax": f"{tax:.2f}", "amount_with_tax": f"{amount + tax:.2f}"}
    return invoice | {"lines": lines, "totals": invoice["totals"] | totals}


def _tax(line: dict[str, Any]) -> dict[str, Any]:
    if line["printed_rate"] in {"免税", "不征税"}:
        policy = "exempt" if line["printed_rate"] == "免税" else "not_taxable"
        return line | {"policy": policy, "tax_rate": "0", "tax": "0.00", "amount_with_tax": line["amount"]}
    return line | {"tax": line["printed_tax"]}
