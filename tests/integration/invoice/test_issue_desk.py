"""Requests that share a transaction: each gets its own answer, as if it had come alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from libs.common.db import transaction
from services.invoice.desk import MOST_TOGETHER
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, add_numbers, issuing, make_body


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def post_together(shop: Issuing, bodies: Sequence[dict[str, Any]]) -> list[httpx.Response]:
    """All at once, so that all but the first share transactions."""
    return await asyncio.gather(*(shop.post(body) for body in bodies))


def numbers_of(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(int(answer.json()["number"]) for answer in answers if answer.status_code == 201)


async def count_commits(shop: Issuing) -> int:
    """Transactions that issued something: each has a time of its own."""
    async with transaction(shop.worker_pool) as tx:
        commits: int = await tx.fetchval("select count(distinct created_at) from invoices")
        return commits


async def test_requests_that_come_together_share_transactions(shop: Issuing) -> None:
    answers = await post_together(shop, [make_body()] * 120)
    numbers = numbers_of(answers)
    assert numbers == list(range(numbers[0], numbers[0] + 120))
    assert 120 / MOST_TOGETHER <= await count_commits(shop) < 40


async def test_requests_that_share_a_transaction_keep_their_own_request_ids(shop: Issuing) -> None:
    async def post(name: str) -> httpx.Response:
        headers = {"idempotency-key": name, "x-request-id": name}
        return await shop.client.post("/v1/invoices", json=make_body(reference=name), headers=headers)

    names = [f"order-{number}" for number in range(20)]
    answers = await asyncio.gather(*map(post, names))
    assert [answer.headers["x-request-id"] for answer in answers] == names
    assert [answer.json()["reference"] for answer in answers] == names
    async with transaction(shop.worker_pool) as tx:
        rows = await tx.fetch(
            "select o.correlation_id, i.reference, s.request_id from outbox o"
            " join invoices i on i.id = o.subject join submissions s on s.invoice_id = i.id"
        )
    assert sorted(tuple(row) for row in rows) == sorted((name, name, name) for name in names)


async def test_duplicate_reference_among_many_hurts_no_other(shop: Issuing) -> None:
    bodies = [make_body(reference=f"SO-{number % 29}") for number in range(30)]
    answers = await post_together(shop, bodies)
    (refused,) = [answer for answer in answers if answer.status_code != 201]
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate-reference")
    twin = next(a for a in answers if a.json().get("reference") == "SO-0" and a.status_code == 201)
    assert refused.json()["invoice_id"] == twin.json()["id"]
    numbers = numbers_of(answers)
    assert numbers == list(range(numbers[0], numbers[0] + 29))


async def test_quota_that_ends_among_many_serves_those_it_covers(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), quota="7300.00") as shop:
        answers = await post_together(shop, [make_body()] * 20)
        refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
        assert refused == ["quota-exceeded"] * 13
        assert len(numbers_of(answers)) == 7
        quota = (await shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["available"]) == ("7266.00", "34.00")


async def test_block_that_ends_among_many_is_used_up_before_the_next(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), numbers=33) as shop:
        await add_numbers(shop.worker_pool, shop.taxpayer, 33)
        numbers = numbers_of(await post_together(shop, [make_body()] * 60))
        first = numbers[0]
        assert numbers[:33] == list(range(first, first + 33))
        assert len(set(numbers)) == 60


async def test_twins_that_come_together_get_one_answer(shop: Issuing) -> None:
    answers = await asyncio.gather(*(shop.post(make_body(), f"key-{n % 3}") for n in range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 3
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 3


async def test_key_reused_for_another_body_among_many_hurts_no_other(shop: Issuing) -> None:
    await shop.post(make_body(), "key-1")
    later = [shop.post(make_body(remarks=str(number)), f"key-{number}") for number in range(10)]
    answers = await asyncio.gather(*later)
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert refused == ["idempotency-key-reused"]
    assert len(numbers_of(answers)) == 9


async def test_refused_body_under_a_used_key_is_told_about_the_key(shop: Issuing) -> None:
    """The key comes first, as it does for a body that was acceptable once and is not any more."""
    first = await shop.post(make_body(), "key-1")
    invalid = make_body(kind="digital_special", buyer={"name": "个人", "is_individual": True})
    refused = await shop.post(invalid, "key-2")
    again = await shop.post(invalid, "key-1")
    assert first.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (422, "validation-failed")
    assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")
