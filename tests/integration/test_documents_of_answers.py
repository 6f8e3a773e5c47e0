"""Structured documents made from what the invoice service really publishes, against what its API answers."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from libs.common.db import transaction
from services.render.structured.einvoice import render_xml
from services.render.structured.json_document import render_json
from services.render.structured.ubl import render_ubl
from services.render.structured.ubl_lines import Inexpressible
from services.render.verification.documents import read_document
from tests.helpers.databases import MakeDatabase
from tests.helpers.en16931 import open_rules, unpack_rules
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.correcting import correcting
from tests.unit.invoice.making import INVOICES, worked_body
from tests.unit.invoice.test_invoice_special_business import CONSTRUCTION, FREIGHT, LEASE, PASSENGERS, SALE
from tests.unit.render.test_xml_schema import SCHEMA

WORKED_BLUE = [
    worked for worked in INVOICES.values() if worked["blue"] and worked["checks"]["expect"] == "accept"
]
BUSINESSES = [CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS]


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    program = SandboxProgram("bureau", tmp_path_factory.mktemp("bureau"), OFP_BUREAU_ISSUE_DELAY_MILLIS=20)
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], list[str]]:
    folder: Path = tmp_path_factory.mktemp("rules")
    return open_rules(unpack_rules(folder))


async def published(shop: Issuing, number: str) -> dict[str, Any]:
    """The document of the event with this number."""
    async with transaction(shop.worker_pool) as tx:
        rows = await tx.fetch("select payload from outbox where type = 'invoice.issued.v1'")
    documents = [json.loads(row["payload"])["invoice"] for row in rows]
    [document] = [document for document in documents if document["number"] == number]
    return document


def check(answer: dict[str, Any], document: dict[str, Any]) -> None:
    """The XML of the event and of the answer are one, is valid, and says what the answer says."""
    content = render_xml(document)
    assert content == render_xml(answer)
    assert SCHEMA.validate(etree.fromstring(content)), SCHEMA.error_log
    found = read_document(content).values
    for number, line in enumerate(answer["lines"]):
        for field in ("name", "unit", "quantity", "unit_price", "amount", "tax", "amount_with_tax"):
            assert found.get(f"/lines/{number}/{field}", "") == (line[field] or "")
    assert {name: found[f"/totals/{name}"] for name in answer["totals"]} == answer["totals"]
    assert found["/number"] == answer["number"]
    assert found.get("/remarks", "") == answer["remarks"]
    plain = json.loads(render_json(document))
    assert plain["lines"] == [
        line | {name: line.get(name) for name in plain["lines"][0]} for line in answer["lines"]
    ]


@pytest.mark.parametrize("worked", WORKED_BLUE, ids=lambda worked: str(worked["id"]))
async def test_documents_of_worked_invoice_say_what_is_answered(
    shop: Issuing, rules: Callable[[bytes], list[str]], worked: dict[str, Any]
) -> None:
    answer = (await shop.post(worked_body(worked))).json()
    document = await published(shop, answer["number"])
    check(answer, document)
    if worked["id"] == "W12":
        with pytest.raises(Inexpressible):
            render_ubl(document)
    else:
        assert rules(render_ubl(document)) == []


@pytest.mark.parametrize("business", BUSINESSES, ids=lambda business: str(business["type"]))
async def test_documents_of_special_business_say_what_is_answered(
    shop: Issuing, rules: Callable[[bytes], list[str]], business: dict[str, Any]
) -> None:
    answer = (await shop.post(make_body(special_business=business))).json()
    document = await published(shop, answer["number"])
    check(answer, document)
    assert json.loads(render_json(document))["special_business"] == business
    assert rules(render_ubl(document)) == []


async def test_documents_of_red_invoice_say_what_is_answered(
    database: MakeDatabase, bureau: SandboxProgram, rules: Callable[[bytes], list[str]]
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(worked_body(INVOICES["W02"]))
        answer = await desk.reverse(blue["id"])
        document = await published(desk.shop, answer["number"])
    check(answer, document)
    assert read_document(render_xml(document)).values["/red/blue_number"] == blue["number"]
    assert rules(render_ubl(document)) == []
