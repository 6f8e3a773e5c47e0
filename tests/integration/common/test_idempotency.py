"""Idempotency-Key where two requests overlap: the later one is told to come back, or gets the first one's answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest
from fastapi import Response

from libs.common.db import Pool, Tx, open_pool, transaction
from libs.common.idempotency import IdempotentRequest, claim, claim_many, load_answer, remember
from libs.common.ids import TenantId
from libs.common.problems import IdempotencyKeyReused, RequestInFlight
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.invoicing import issuing, make_body
from tests.integration.common.gate import closed_gate

TENANT, OTHER = TenantId(UUID(int=1)), TenantId(UUID(int=2))
ANSWER = Response(b'{ "b": 1, "a": 2 }', 201, {"location": "/here", "x-other": "not kept"})


def make_request(
    key: str = "key-1", *, body: object = None, route: str = "POST /v1/invoices"
) -> IdempotentRequest:
    canonical = msgspec.json.encode(body, order="sorted")
    return IdempotentRequest(route, key, hashlib.sha256(canonical).digest())


REQUEST = make_request()


class Keys(NamedTuple):
    database: Database
    pool: Pool

    async def until_waiting(self) -> None:
        async with closed_gate(self.database.superuser) as gate:
            await gate.until_waiting()

    async def remember(self, tenant: TenantId = TENANT) -> None:
        async with transaction(self.pool, tenant) as tx:
            assert await claim(tx, tenant, REQUEST) is None
            await remember(tx, tenant, REQUEST, ANSWER)


@pytest.fixture
async def keys(database: MakeDatabase) -> AsyncIterator[Keys]:
    made = await database("invoice")
    async with open_pool(made.api, connections=4, name="test-api") as pool:
        yield Keys(made, pool)


async def claim_alone(tx: Tx) -> Response | None:
    return await claim(tx, TENANT, REQUEST)


async def claim_among_others(tx: Tx) -> Response | None:
    requests = [make_request("key-0"), REQUEST, make_request("key-2")]
    ours = await claim_many(tx, TENANT, requests)
    return None if REQUEST in ours else await load_answer(tx, TENANT, REQUEST)


ClaimKey = Callable[[Tx], Awaitable[Response | None]]
WAYS = pytest.mark.parametrize("claim_key", [claim_alone, claim_among_others])


async def claim_in_transaction(keys: Keys, claim_key: ClaimKey) -> Response | None:
    async with transaction(keys.pool, TENANT) as tx:
        return await claim_key(tx)


@WAYS
async def test_key_held_by_a_twin_for_too_long_is_in_flight(keys: Keys, claim_key: ClaimKey) -> None:
    async with transaction(keys.pool, TENANT) as held:
        assert await claim(held, TENANT, REQUEST) is None
        with pytest.raises(RequestInFlight) as refused:
            await claim_in_transaction(keys, claim_key)
    assert refused.value.retry_after == 1


@WAYS
async def test_key_of_a_twin_that_commits_in_time_gives_its_answer(keys: Keys, claim_key: ClaimKey) -> None:
    async with transaction(keys.pool, TENANT) as held:
        assert await claim(held, TENANT, REQUEST) is None
        waiting = asyncio.create_task(claim_in_transaction(keys, claim_key))
        await keys.until_waiting()
        await remember(held, TENANT, REQUEST, ANSWER)
    answer = await waiting
    assert answer is not None
    assert (answer.status_code, bytes(answer.body)) == (201, ANSWER.body)
    assert answer.headers["location"] == "/here"
    assert answer.headers["idempotency-replayed"] == "true"
    assert "x-other" not in answer.headers


@WAYS
async def test_key_of_a_twin_that_fails_goes_to_the_one_that_waited(keys: Keys, claim_key: ClaimKey) -> None:
    async def fail() -> None:
        async with transaction(keys.pool, TENANT) as tx:
            assert await claim(tx, TENANT, REQUEST) is None
            claimed.set()
            await keys.until_waiting()
            raise LookupError

    claimed = asyncio.Event()
    failing = asyncio.create_task(fail())
    await claimed.wait()
    assert await claim_in_transaction(keys, claim_key) is None
    with pytest.raises(LookupError):
        await failing


async def test_key_with_another_body_is_reused_and_with_another_route_or_tenant_is_free(keys: Keys) -> None:
    await keys.remember()
    await keys.remember(OTHER)
    async with transaction(keys.pool, TENANT) as tx:
        with pytest.raises(IdempotencyKeyReused):
            await claim(tx, TENANT, make_request(body={"a": 1}))
        elsewhere = make_request(route="POST /v1/red-forms")
        assert await load_answer(tx, TENANT, elsewhere) is None
        assert await claim(tx, TENANT, elsewhere) is None
        assert await load_answer(tx, TENANT, make_request("key-9")) is None


async def test_post_whose_twin_is_in_flight_is_refused_and_holds_no_other_up(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        with suppress(LookupError):
            async with transaction(shop.api_pool, shop.tenant) as tx:
                assert await claim(tx, shop.tenant, make_request("key-1", body=make_body())) is None
                posts = (shop.post(make_body(), key) for key in ("key-0", "key-1", "key-2"))
                before, refused, after = await asyncio.gather(*posts)
                raise LookupError
        assert (before.status_code, refused.status_code, after.status_code) == (201, 409, 201)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("request-in-flight", "1")
        again = await shop.post(dict(reversed(make_body().items())), "key-1")
        assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
        replayed = await shop.post(make_body(), "key-1")
        assert (replayed.content, replayed.headers["idempotency-replayed"]) == (again.content, "true")
