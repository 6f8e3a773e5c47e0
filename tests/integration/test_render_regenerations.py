"""Formats on demand, documents drawn again, and who has fetched what, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest

from libs.common.contracts.render import DocumentsReady
from libs.common.ids import TenantId, new_id
from services.render.drawing import DRAWERS
from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Answer, Client, open_client
from tests.helpers.rendering import Issued, issue
from tests.helpers.servers import Server

pytestmark = pytest.mark.s3

REASON = "字库更新"


def _draw_otherwise(invoice: Mapping[str, Any]) -> bytes:
    return f"as older code would have drawn {invoice['number']}".encode()


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


def _path(issued: Issued, rest: str = "") -> str:
    return f"/v1/invoices/{issued.id}/documents{rest}"


async def _regenerate(client: Client, issued: Issued, *, key: str = "", **more: Any) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    path = _path(issued, "/pdf/regenerations" + more.pop("query", ""))
    return await client.ask("POST", path, json={"reason": REASON}, headers=headers, **more)


async def test_format_is_made_on_first_demand_and_archived_like_the_rest(client: Client) -> None:
    issued = await client.rendered()
    first = await client.get(_path(issued, "/xml"))
    assert (first.status, first.headers["retry-after"]) == (202, "1")
    assert (await client.get(_path(issued, "/xml"))).status == 202
    await client.worker.render(DRAWERS)
    answer = await client.get(_path(issued, "/xml"))
    assert (answer.status, answer.content) == (200, render_xml(issued.document))
    items = (await client.get(_path(issued))).json["items"]
    assert [(item["format"], item["version"], item["state"]) for item in items] == [
        ("pdf", 1, "ready"),
        ("xml", 1, "ready"),
    ]


async def test_format_on_demand_of_a_voided_invoice_is_marked(client: Client) -> None:
    issued = await client.rendered()
    await client.worker.void(issued)
    await client.get(_path(issued, "/xml"))
    rows = await client.worker.fetch("select mark from documents where format = 'xml'")
    assert [row["mark"] for row in rows] == ["voided"]


async def test_regeneration_with_the_same_bytes_answers_the_present_version(client: Client) -> None:
    issued = await client.rendered()
    answer = await _regenerate(client, issued)
    assert (answer.status, answer.json["version"], answer.json["state"]) == (200, 1, "ready")
    assert len(await client.worker.fetch("select 1 from documents")) == 1


async def test_regeneration_with_other_bytes_is_a_new_version_with_its_reason(client: Client) -> None:
    issued = await client.rendered({"pdf": _draw_otherwise})
    answer = await _regenerate(client, issued)
    assert (answer.status, answer.json["version"], answer.json["state"]) == (201, 2, "pending")
    assert answer.json["regeneration"] == {"reason": REASON}
    assert answer.headers["location"] == _path(issued, "/pdf?version=2")
    await client.worker.render()
    old, new = (await client.get(_path(issued))).json["items"]
    assert (old["version"], "regeneration" in old) == (1, False)
    assert new["regeneration"]["requested_by"].startswith("api_key:")
    assert (await client.get(_path(issued, "/pdf?version=1"))).content == _draw_otherwise(issued.document)
    assert (await client.get(_path(issued, "/pdf"))).content == render_pdf(issued.document)
    [row] = await client.worker.fetch("select payload from outbox order by position desc limit 1")
    [document] = msgspec.json.decode(row["payload"], type=DocumentsReady).documents
    assert (document.version, document.reason) == (2, REASON)


async def test_regeneration_of_an_unreadable_object_is_a_new_version_of_the_same_bytes(
    client: Client,
) -> None:
    issued = await client.rendered()
    await client.worker.fetch("update documents set object_offset = 1")
    assert (await client.get(_path(issued, "/pdf"))).status == 503
    assert (await _regenerate(client, issued)).status == 201
    await client.worker.render()
    old, new = (await client.get(_path(issued))).json["items"]
    assert old["sha256"] == new["sha256"]
    assert (await client.get(_path(issued, "/pdf"))).content == render_pdf(issued.document)


async def test_regeneration_of_a_failed_document_draws_it(client: Client) -> None:
    def fail(_: Mapping[str, Any]) -> bytes:
        raise LookupError

    issued = await client.rendered({"pdf": fail})
    assert (await client.get(_path(issued, "/pdf"))).status == 409
    assert (await _regenerate(client, issued)).status == 201
    await client.worker.render()
    assert (await client.get(_path(issued, "/pdf"))).content == render_pdf(issued.document)


async def test_regeneration_of_what_still_cannot_be_drawn_is_a_conflict(client: Client) -> None:
    issued = await client.rendered(drawer="\U0001f600")
    answer = await _regenerate(client, issued)
    assert (answer.status, answer.json["code"]) == (409, "document-failed")
    assert "U+1F600" in answer.json["detail"]


async def test_regeneration_of_what_has_ended_workers_is_left_to_a_worker(client: Client) -> None:
    def fail(_: Mapping[str, Any]) -> bytes:
        raise LookupError

    issued = await client.rendered({"pdf": fail})
    await client.worker.fetch("update documents set attempts = 9")
    await client.worker.fetch("update invoices set body = '{}'")
    answer = await _regenerate(client, issued)
    assert (answer.status, answer.json["state"]) == (201, "pending")


async def test_regeneration_while_one_is_drawn_is_a_conflict(client: Client) -> None:
    issued = await client.rendered({"pdf": _draw_otherwise})
    answers = await asyncio.gather(*(_regenerate(client, issued) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json.get("code") for answer in answers} == {None, "document-in-progress"}
    assert len(await client.worker.fetch("select 1 from documents")) == 2


async def test_regeneration_same_key_twice_is_one(client: Client) -> None:
    issued = await client.rendered({"pdf": _draw_otherwise})
    first = await _regenerate(client, issued, key="again")
    await client.worker.render()
    second = await _regenerate(client, issued, key="again")
    assert (first.status, second.status, second.content) == (201, 201, first.content)
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"reason": " "}, 422), ({"reason": "a\u202eb"}, 422), ({"reason": "x", "force": True}, 422)],
)
async def test_regeneration_asked_for_wrongly_is_a_problem(
    client: Client, body: dict[str, Any], status: int
) -> None:
    issued = await client.rendered()
    answer = await client.ask("POST", _path(issued, "/pdf/regenerations"), json=body)
    assert answer.status == status


async def test_regeneration_is_for_owners_and_support_agents(client: Client) -> None:
    issued = await client.rendered()
    pool, elsewhere = client.worker.pool, TenantId(new_id())
    reader = await grant_api_key(pool, client.tenant, scopes=["document:read"])
    stranger = await grant_api_key(pool, elsewhere)
    agent = await grant_api_key(pool, elsewhere, scopes=["support:agent"])
    query = f"?tenant_id={client.tenant}"
    assert (await _regenerate(client, issued, secret=reader)).status == 403
    assert (await _regenerate(client, issued, secret=stranger, query=query)).status == 403
    assert (await _regenerate(client, issued, secret=stranger)).status == 404
    assert (await _regenerate(client, issued, secret=agent)).status == 403
    assert (await _regenerate(client, issued, secret=agent, query=query)).status == 200


async def test_downloads_tell_who_fetched_which_version_and_how(client: Client) -> None:
    issued = await client.rendered()
    agent = await grant_api_key(client.worker.pool, TenantId(new_id()), scopes=["support:agent"])
    await client.get(_path(issued, "/pdf"))
    link = (await client.get(_path(issued, "/pdf?link=true"))).json["url"]
    await client.get(link.partition("8080")[2], secret="")
    assert (await client.get(_path(issued, f"/pdf?tenant_id={client.tenant}"), secret=agent)).status == 200
    first = await client.get(_path(issued, "/downloads?limit=2"))
    rest = await client.get(_path(issued, f"/downloads?cursor={first.json['next_cursor']}"))
    items = first.json["items"] + rest.json["items"]
    assert [item["via"] for item in items] == ["support", "link", "credential"]
    assert {(item["format"], item["version"]) for item in items} == {("pdf", 1)}
    assert rest.json["next_cursor"] is None


async def test_downloads_are_for_auditors_of_the_tenant(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued)
    reader = await grant_api_key(client.worker.pool, client.tenant, scopes=["document:read"])
    stranger = await grant_api_key(client.worker.pool, TenantId(new_id()))
    assert (await client.get(_path(issued, "/downloads"))).json["items"] == []
    assert (await client.get(_path(issued, "/downloads"), secret=reader)).status == 403
    assert (await client.get(_path(issued, "/downloads"), secret=stranger)).status == 404
