"""The JSON document: what the answer prints, by the same names, valid by its published schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from docs.generate import find_drift
from services.render.page.errors import UnsupportedKind
from services.render.structured.json_document import render_json
from tests.unit.render.random_invoices import invoices
from tests.unit.render.samples import BUYER, make_invoice
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/formats/invoice.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def read(invoice: dict[str, Any]) -> dict[str, Any]:
    document = json.loads(render_json(invoice))
    assert list(VALIDATOR.iter_errors(document)) == []
    return document


def holds(part: Any, whole: Any) -> bool:
    """Whether everything of `part` stands in `whole`, which may say more; absent counts as empty."""
    if isinstance(part, dict):
        return all(holds(value, whole.get(name)) for name, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(holds, part, whole))
    return (part or None) == (whole or None)


def printed(invoice: dict[str, Any]) -> dict[str, Any]:
    unprinted = {"id", "status", "print"}
    return {name: value for name, value in invoice.items() if name not in unprinted}


@pytest.mark.parametrize("name", sorted(every_invoice()))
def test_json_of_each_sample_says_what_the_answer_says(name: str) -> None:
    invoice = every_invoice()[name]
    assert holds(printed(invoice), read(invoice))


@given(invoices())
def test_json_of_any_invoice_says_what_the_answer_says(invoice: dict) -> None:
    assert holds(printed(invoice), read(invoice))


def test_json_of_invoice_keeps_the_sellers_books_and_contacts_out() -> None:
    private = {"reference": "SO-1", "tags": ["a"], "deliver": {"to": {"email": "x@example.cn"}}}
    invoice = make_invoice(buyer=BUYER | {"email": "ap@example.cn", "mobile": "13800000000"}, **private)
    assert render_json(invoice) == render_json(make_invoice())


@pytest.mark.parametrize(
    ("pointer", "wrong"),
    [
        (("kind",), "toll"),
        (("number",), "1"),
        (("issue_date",), 20261124),
        (("lines",), []),
        (("lines", 0, "amount"), 1038),
        (("lines", 0, "name"), None),
        (("totals", "tax"), 134),
        (("seller", "name"), ""),
        (("is_sample",), False),
    ],
)
def test_json_schema_of_wrong_document_objects(pointer: tuple[str | int, ...], wrong: Any) -> None:
    document = read(make_invoice())
    *parents, last = pointer
    place: Any = document
    for key in parents:
        place = place[key]
    place[last] = wrong
    assert list(VALIDATOR.iter_errors(document)) != []


def test_json_of_unknown_kind_is_refused() -> None:
    with pytest.raises(UnsupportedKind):
        render_json(make_invoice(kind="toll"))


def test_json_schema_agrees_with_the_code() -> None:
    assert find_drift("formats") == [], "run `python -m docs.generate formats`"
