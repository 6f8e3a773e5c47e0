"""docs/formats/examples: whole, valid, and what the code writes today, byte for byte."""

import json
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

from docs.generate import find_drift
from docs.generators.examples import EXAMPLES
from docs.generators.formats import describe_invoice
from services.invoice.domain.qr import crc16
from services.invoice.domain.words import write_amount
from services.render.structured.json_document import render_json
from tests.unit.render.test_xml_schema import SCHEMA

pytestmark = pytest.mark.fast

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))


def test_examples_agree_with_the_code() -> None:
    assert find_drift("examples") == [], "run `python -m docs.generate examples`"
    assert {"discount", "red", "difference", "passengers", "tax_control"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_example_is_a_document_with_sums_words_and_qr_text_of_its_own(name: str) -> None:
    invoice = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    assert json.loads(render_json(invoice)) == invoice
    assert list(Draft202012Validator(describe_invoice()).iter_errors(invoice)) == []
    totals = invoice["totals"]
    for field in ("amount", "tax", "amount_with_tax"):
        assert sum(Decimal(line[field]) for line in invoice["lines"]) == Decimal(totals[field])
    assert totals["amount_with_tax_words"] == write_amount(Decimal(totals["amount_with_tax"]))
    text, _, check = invoice["qr_text"].rpartition(",")
    assert check == crc16(f"{text},")


@pytest.mark.parametrize("name", NAMES)
def test_example_of_the_einvoice_is_valid(name: str) -> None:
    assert SCHEMA.validate(etree.parse(EXAMPLES / f"{name}.xml")), SCHEMA.error_log
