"""Requests that would break a careless service, sent to a real one: each is refused, and nothing is changed."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from libs.common.db import transaction
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body

CHANGES = """
select (select count(*) from invoices) + (select count(*) from outbox) + (select count(*) from idempotency_keys)
"""
IDENTITY = str(uuid4())


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def line(**changes: object) -> dict[str, Any]:
    (plain,) = make_body()["lines"]
    return make_body(lines=[plain | changes])


HOSTILE = {
    "float quantity": b"12.0",
    "exponent": b"1e2",
    "huge exponent": b'"1e131073"',
    "overflowing exponent": b"1e400",
    "negative zero": b'"-0"',
    "zero": b'"0"',
    "negative": b'"-1"',
    "not a number": b'"NaN"',
    "infinite": b'"Infinity"',
    "endless digits": b'"' + b"9" * 5000 + b'"',
    "many decimals": b'"0.' + b"1" * 40 + b'"',
    "huge integer": b"1" + b"0" * 5000,
    "64 bits and one": b"9223372036854775808",
    "other digits": '"１２"'.encode(),
    "underscore": b'"1_2"',
    "space": b'" 12"',
    "boolean": b"true",
    "null": b"null",
    "object": b"{}",
    "nul": b'"1\\u0000"',
    "surrogate": b'"\\ud800"',
}


FORGED: list[Any] = [
    ["-issued_at", "2026-01-01T00:00:00", IDENTITY],
    ["-issued_at", "0001-01-01T00:00:00+14:00", IDENTITY],
    ["-issued_at", "9999-12-31T23:59:59-14:00", IDENTITY],
    ["-issued_at", "2026-01-01T00:00:00Z", "x"],
    ["-amount", "NaN", IDENTITY],
    ["-amount", "Infinity", IDENTITY],
    ["-amount", "1e999999", IDENTITY],
    ["-amount", "1e-999999", IDENTITY],
    ["-amount", "9" * 200, IDENTITY],
    ["number", "a\0b", IDENTITY],
    ["number", 1, IDENTITY],
    ["number", None, IDENTITY],
    ["number", {"a": 1}, IDENTITY],
    "number",
    None,
]


async def test_hostile_quantities_are_refused_and_change_nothing(shop: Issuing) -> None:
    body = msgspec.json.encode(line(quantity="HERE"))
    assert body.count(b'"HERE"') == 1
    for name, value in HOSTILE.items():
        headers = {"idempotency-key": uuid4().hex, "content-type": "application/json"}
        content = body.replace(b'"HERE"', value)
        answer = await shop.client.post("/v1/invoices", content=content, headers=headers)
        assert answer.status_code == 422, (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        (error, *_) = answer.json()["errors"]
        assert error["detail_zh"], name
    assert await changes(shop) == 0


async def test_hostile_members_are_refused_by_name_and_change_nothing(shop: Issuing) -> None:
    for name in ("tenant_id", "number", "status", "issued_at", "total", "__class__", "id"):
        answer = await shop.post(make_body(**{name: "x"}))
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            (f"/{name}", "extra-forbidden")
        ]
    assert await changes(shop) == 0


async def test_forged_cursors_are_refused_or_find_nothing(shop: Issuing) -> None:
    await shop.post(make_body())
    for keys in FORGED:
        sort = keys[0] if isinstance(keys, list) else "number"
        cursor = base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")
        answer = await shop.client.get("/v1/invoices", params={"sort": sort, "cursor": cursor})
        assert answer.status_code == 422, (keys, answer.text)
        assert answer.json()["errors"][0]["pointer"] == "?cursor"


async def changes(shop: Issuing) -> int:
    async with transaction(shop.worker_pool) as tx:
        return int(await tx.fetchval(CHANGES))
