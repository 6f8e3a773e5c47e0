"""UBL judged by others: the official rules of EN 16931 and the schemas of UBL 2.1."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from docs.generators.examples import EXAMPLES
from services.render.structured.ubl import render_ubl
from tests.helpers.en16931 import open_rules, open_schema, unpack_rules
from tests.unit.render.random_invoices import invoices
from tests.unit.render.samples import make_invoice
from tests.unit.render.structured_samples import answered_invoices, summed_invoices

Judge = Callable[[dict[str, Any]], list[str]]

BROKEN = [
    ("<cbc:Percent>13</cbc:Percent>", "<cbc:Percent>9</cbc:Percent>", "BR-"),
    ("<cbc:ID>26422000000000000001</cbc:ID>", "", "BR-02"),
    (
        '<cbc:PayableAmount currencyID="CNY">1172.94',
        '<cbc:PayableAmount currencyID="CNY">1172.95',
        "BR-CO-16",
    ),
    ("CNY</cbc:DocumentCurrencyCode>", "RMB</cbc:DocumentCurrencyCode>", "BR-CL-04"),
    ('unitCode="H87"', 'unitCode="个"', "BR-CL-23"),
    (">CN</cbc:IdentificationCode>", ">ZZ</cbc:IdentificationCode>", "BR-CL-14"),
    ("<cbc:CompanyID>91420100MA4K00002Y</cbc:CompanyID>", "", "BR-S-02"),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], list[str]]:
    return open_rules(unpack_rules(tmp_path_factory.mktemp("rules")))


@pytest.fixture(scope="module")
def judge(rules: Callable[[bytes], list[str]], tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """All objections to the document of an invoice, by rules and schema."""
    folder: Path = unpack_rules(tmp_path_factory.mktemp("schemas"))
    schemas = {root: open_schema(folder, root) for root in ("Invoice", "CreditNote")}

    def judge_invoice(invoice: dict[str, Any]) -> list[str]:
        document = render_ubl(invoice)
        return [*schemas["CreditNote" if invoice["red"] else "Invoice"](document), *rules(document)]

    return judge_invoice


@pytest.mark.parametrize("name", sorted(summed_invoices().keys() - {"W12"}))
def test_ubl_rules_of_each_sample_have_no_objection(name: str, judge: Judge) -> None:
    assert judge(summed_invoices()[name]) == []


def test_ubl_rules_of_each_worked_invoice_have_no_objection(judge: Judge) -> None:
    for name, invoice in answered_invoices().items():
        if name != "W12":
            assert judge(invoice) == [], name


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ubl.xml")), ids=lambda path: path.stem)
def test_ubl_rules_of_each_published_example_have_no_objection(
    path: Path, rules: Callable[[bytes], list[str]]
) -> None:
    assert rules(path.read_bytes()) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(invoices())
def test_ubl_rules_of_any_invoice_have_no_objection(judge: Judge, invoice: dict[str, Any]) -> None:
    assert judge(invoice) == []


@pytest.mark.parametrize(("sound", "wrong", "rule"), BROKEN)
def test_ubl_rules_of_broken_document_object(
    sound: str, wrong: str, rule: str, rules: Callable[[bytes], list[str]]
) -> None:
    document = render_ubl(make_invoice()).decode()
    assert sound in document
    assert any(rule in objection for objection in rules(document.replace(sound, wrong).encode()))


def test_ubl_schema_of_wrong_order_objects(tmp_path: Path) -> None:
    schema = open_schema(unpack_rules(tmp_path), "Invoice")
    document = render_ubl(make_invoice()).decode()
    head = "<cbc:IssueDate>2026-11-24</cbc:IssueDate>"
    assert schema(document.encode()) == []
    assert schema(document.replace(head, "").replace("<cbc:ID>", f"{head}<cbc:ID>", 1).encode()) != []
