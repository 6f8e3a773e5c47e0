"""Idempotency-Key where two requests overlap: the later one is told to come back, or gets the first one's answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from fastapi import Response

from libs.common.db import transaction
from libs.common.idempotency import IdempotentRequest, claim, remember
from libs.common.problems import IdempotencyKeyReused
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.integration.common.gate import closed_gate

ROUTE = "POST /v1/invoices"
WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'test-api'"
)


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def request_of(body: object, key: str = "key-1") -> IdempotentRequest:
    canonical = msgspec.json.encode(body, order="sorted")
    return IdempotentRequest(ROUTE, key, hashlib.sha256(canonical).digest())


async def test_twin_that_holds_the_key_too_long_is_in_flight(shop: Issuing) -> None:
    async with transaction(shop.api_pool, shop.tenant) as tx:
        assert await claim(tx, shop.tenant, request_of(make_body())) is None
        refused = await shop.post(make_body(), "key-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "request-in-flight")
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["retryable"] is True


async def test_twin_that_commits_in_time_gives_its_answer_to_the_one_that_waited(shop: Issuing) -> None:
    async with transaction(shop.api_pool, shop.tenant) as tx:
        request = request_of(make_body())
        assert await claim(tx, shop.tenant, request) is None
        waiting = asyncio.create_task(shop.post(make_body(), "key-1"))
        async with closed_gate(shop.superuser) as gate:
            await gate.until_waiting()
        await remember(tx, shop.tenant, request, Response(b'{ "b": 1, "a": 2 }', 201, {"location": "/here"}))
    answer = await waiting
    assert (answer.status_code, answer.content) == (201, b'{ "b": 1, "a": 2 }')
    assert (answer.headers["location"], answer.headers["idempotency-replayed"]) == ("/here", "true")


async def test_twin_that_fails_leaves_the_key_to_the_one_that_waited(shop: Issuing) -> None:
    async def fail() -> None:
        async with transaction(shop.api_pool, shop.tenant) as tx:
            assert await claim(tx, shop.tenant, request_of(make_body())) is None
            started.set()
            async with closed_gate(shop.superuser) as gate:
                await gate.until_waiting()
            raise LookupError

    started = asyncio.Event()
    failing = asyncio.create_task(fail())
    await started.wait()
    answer = await shop.post(make_body(), "key-1")
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)
    with pytest.raises(LookupError):
        await failing


async def test_key_reused_with_members_in_another_order_is_the_same_request(shop: Issuing) -> None:
    body = make_body()
    first = await shop.post(body, "key-1")
    second = await shop.post(dict(reversed(body.items())), "key-1")
    assert second.content == first.content


async def test_key_of_one_route_does_not_answer_for_another(shop: Issuing) -> None:
    await shop.post(make_body(), "key-1")
    async with transaction(shop.api_pool, shop.tenant) as tx:
        other = request_of(make_body())._replace(route="POST /v1/red-forms")
        assert await claim(tx, shop.tenant, other) is None
        with pytest.raises(IdempotencyKeyReused):
            await claim(tx, shop.tenant, request_of({}))
