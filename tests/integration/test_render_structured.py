"""XML, JSON and UBL of invoices as their events carry them, asked for over HTTP and archived."""

import json
from collections.abc import AsyncIterator

import pytest
from lxml import etree

from services.render.drawing import DRAWERS
from services.render.structured.einvoice import render_xml
from services.render.verification.documents import read_document
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Answer, Client, open_client
from tests.helpers.rendering import Issued, issue
from tests.helpers.servers import Server
from tests.unit.render.kind_samples import make_journeys, make_tax_control
from tests.unit.render.samples import make_line
from tests.unit.render.structured_samples import answered_invoices

pytestmark = pytest.mark.s3


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


async def fetch(client: Client, issued: Issued, file_format: str) -> Answer:
    """Asked for once, drawn, asked for again."""
    path = f"/v1/invoices/{issued.id}/documents/{file_format}"
    assert (await client.get(path)).status == 202
    await client.worker.render(DRAWERS)
    return await client.get(path)


async def test_structured_documents_of_an_event_have_their_media_types_and_values(client: Client) -> None:
    issued = await client.rendered(special_business=make_journeys(2), payee="王五")
    xml, plain, ubl = [await fetch(client, issued, name) for name in ("xml", "json", "ubl")]
    assert [answer.status for answer in (xml, plain, ubl)] == [200, 200, 200]
    types = [answer.headers["content-type"].partition(";")[0] for answer in (xml, plain, ubl)]
    assert types == ["application/xml", "application/json", "application/xml"]
    assert read_document(xml.content) == read_document(render_xml(issued.document))
    assert json.loads(plain.content)["special_business"]["rows"][0]["traveller"] == "乘客1"
    assert etree.fromstring(ubl.content).tag.endswith("}Invoice")


async def test_structured_documents_of_red_and_coded_invoices_are_drawn(client: Client) -> None:
    red = answered_invoices()["W10"]
    form = {"blue_id": red["id"], "form_id": red["id"], "reason": "goods_returned"}
    fields = {name: red[name] for name in ("kind", "lines", "totals")} | {"red": red["red"] | form}
    first = issue(client.tenant, **fields)
    coded = make_tax_control()
    second = issue(client.tenant, **{name: coded[name] for name in ("kind", "code", "number", "check_code")})
    await client.worker.consume(first, second)
    note = etree.fromstring((await fetch(client, first, "ubl")).content)
    assert note.tag.endswith("}CreditNote")
    found = read_document((await fetch(client, second, "xml")).content).values
    assert (found["/code"], found["/number"]) == (coded["code"], coded["number"])


async def test_structured_document_that_en16931_cannot_say_fails_alone_and_says_why(client: Client) -> None:
    issued = await client.rendered(lines=[make_line(tax="999.00")])
    answer = await fetch(client, issued, "ubl")
    assert (answer.status, answer.json["code"]) == (409, "document-failed")
    assert "EN 16931" in answer.json["detail"]
    assert "EN 16931" in answer.json["detail_zh"]
    assert (await client.get(f"/v1/invoices/{issued.id}/documents/pdf")).status == 200
