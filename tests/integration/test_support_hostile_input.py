"""Bad input to the ticket routes: exact refusals, nothing kept, never a 5xx."""

import unicodedata
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from libs.common.ids import new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Client, Desk, open_desk

OPENING: dict[str, Any] = {"title": "标题", "text": "正文"}


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


@pytest.fixture
async def client(desk: Desk) -> Client:
    return await desk.customer()


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "/title", "string-too-short"),
    ({"title": " 　 "}, "/title", "string-too-short"),
    ({"title": "长" * 201}, "/title", "string-too-long"),
    ({"text": "长" * 5001}, "/text", "string-too-long"),
    ({"title": None}, "/title", "string-type"),
    ({"title": 7}, "/title", "string-type"),
    ({"title": "a\nb"}, "/title", "unprintable-character"),
    ({"text": "a\rb"}, "/text", "unprintable-character"),
    ({"title": "a\x00b"}, "/title", "unprintable-character"),
    ({"title": "a\ud800b"}, "/title", "unprintable-character"),
    ({"title": "a\u200bb"}, "/title", "unprintable-character"),
    ({"title": "a\u202eb"}, "/title", "unprintable-character"),
    ({"text": "a\ue000b"}, "/text", "unprintable-character"),
    ({"category": "promise"}, "/category", "literal-error"),
    ({"invoice": "x' or 1=1"}, "/invoice", "string-pattern-mismatch"),
    ({"invoice": 26422000000000000001}, "", "integer-too-large"),
    ({"invoice": 26422000}, "/invoice", "string-type"),
    ({"tenant_id": str(new_id())}, "/tenant_id", "extra-forbidden"),
    ({"number": 1}, "/number", "extra-forbidden"),
    ({"state": "closed"}, "/state", "extra-forbidden"),
]


async def test_open_ticket_bad_field_is_named_and_nothing_is_kept(client: Client) -> None:
    for changes, pointer, code in BAD_FIELDS:
        answer = await client.post("/v1/tickets", {**OPENING, **changes})
        assert answer.status_code == 422, (changes, answer.content)
        problem = answer.json()
        assert (problem["errors"][0]["pointer"], problem["errors"][0]["code"]) == (pointer, code), changes
        assert problem["request_id"] == answer.headers["x-request-id"]
    assert (await client.get("/v1/tickets")).json()["items"] == []


BAD_REQUESTS: list[tuple[bytes, dict[str, str], int]] = [
    (b'{"title": "a", "title": "b", "text": "c"}', {}, 400),
    (b'{"title": NaN, "text": "c"}', {}, 400),
    (b"[" * 100_000, {}, 400),
    (b"\xef\xbb\xbf{}", {}, 400),
    ('{"title": "标题", "text": "正文"}'.encode("utf-16"), {}, 400),
    (b"[]", {}, 422),
    (b"null", {}, 422),
    (b"", {}, 422),
    (b'{"title": "a", "text": "b"}', {"content_type": "text/plain"}, 415),
    (b'{"title": "a", "text": "b"}', {"content_encoding": "gzip"}, 415),
    (b'{"title": "a", "text": "b"}', {"idempotency_key": "x" * 256}, 400),
    (b'{"title": "a", "text": "b"}', {"idempotency_key": ""}, 400),
    (b'{"title": "a", "text": "' + b"x" * 2_200_000 + b'"}', {}, 413),
]


async def test_open_ticket_bad_request_is_refused_as_a_problem(client: Client) -> None:
    for content, headers, status in BAD_REQUESTS:
        answer = await client.call("POST", "/v1/tickets", content, headers)
        assert answer.status_code == status, (content[:50], answer.content)
        assert answer.headers["content-type"] == "application/problem+json"


HOSTILE_TEXTS = [
    "<script>alert(1)</script>",
    "'; drop table tickets; --",
    "{{7*7}} %s %(x)s ${x}",
    "第一行\n第二行",
    "e\u0301 合成",
    "100% _ \\",
]


async def test_text_is_kept_literally_in_nfc(client: Client) -> None:
    for text in HOSTILE_TEXTS:
        answer = await client.post("/v1/tickets", {**OPENING, "text": text})
        assert answer.status_code == 201, text
        assert answer.json()["text"] == unicodedata.normalize("NFC", text)


BAD_QUERIES = [
    "tenant_id=0199aaaa-0000-7000-8000-000000000000",
    "state=lost",
    "limit=0",
    "limit=201",
    "limit=-1",
    f"limit={10**20}",
    "limit=ten",
    "cursor=forged",
    "cursor=WyJ4Il0",
    "cursor=WzFd",
    "invoice=%00",
    "invoice=" + quote("x' or 1=1"),
    "invoice=" + "1" * 40,
]


async def test_list_bad_parameter_is_422(desk: Desk, client: Client) -> None:
    agent = await desk.agent()
    for query in BAD_QUERIES:
        for each in (client, agent):
            answer = await each.get(f"/v1/tickets?{query}")
            assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed"), query


async def test_ticket_id_that_is_none_is_422_and_a_wrong_method_405(client: Client) -> None:
    assert (await client.get("/v1/tickets/17")).status_code == 422
    refused = await client.call("DELETE", f"/v1/tickets/{new_id()}", b"", {})
    assert (refused.status_code, "GET" in refused.headers["allow"]) == (405, True)


async def test_ticket_routes_without_credential_or_scope_are_closed(desk: Desk) -> None:
    reader = await desk.client((await desk.customer()).tenant, ("support:read",))
    assert (await reader.post("/v1/tickets", OPENING)).status_code == 403
    stranger = Client(desk.app, "ofp_test_none", reader.tenant)
    assert (await stranger.get("/v1/tickets")).status_code == 401
    assert (await stranger.post("/v1/tickets", OPENING)).status_code == 401


async def test_reply_and_close_bad_bodies_are_refused_and_change_nothing(client: Client) -> None:
    path = f"/v1/tickets/{(await client.post('/v1/tickets', OPENING)).json()['id']}"
    refused = [
        await client.post(f"{path}/replies", {"text": "x", "author": "boss"}),
        await client.post(f"{path}/replies", {"text": "x", "is_internal": "yes"}),
        await client.post(f"{path}/close", {"resolution": "长" * 1001}),
        await client.post(f"{path}/reopen", {"why": "x"}),
    ]
    assert [answer.status_code for answer in refused] == [422] * 4
    assert (await client.get(path)).json()["version"] == 1


async def test_bodies_of_other_json_kinds_are_refused_by_every_write(client: Client) -> None:
    path = f"/v1/tickets/{(await client.post('/v1/tickets', OPENING)).json()['id']}"
    for action in ("replies", "close", "reopen"):
        for body in (b"17", b'"x"', b"[]", b"true"):
            answer = await client.call("POST", f"{path}/{action}", body, {})
            assert answer.status_code == 422, (action, body, answer.content)
