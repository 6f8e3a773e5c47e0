"""Events appended together are numbered and placed as if each had been appended alone, one writer or many."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.context import new_correlation
from libs.common.contracts import Contract
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId, new_id
from libs.common.outbox import NewEvent, append, append_many
from tests.helpers.databases import MakeDatabase

TENANT = TenantId(UUID(int=1))
POSITIONS = "select subject, sequence, convert_from(payload, 'utf8') as payload from outbox order by position"


class Happened(Contract, frozen=True):
    TYPE: ClassVar = "demo.happened.v1"
    place: int


@pytest.fixture
async def pool(database: MakeDatabase) -> AsyncIterator[Pool]:
    made = await database("invoice")
    async with open_pool(made.worker, connections=8, name="test-worker") as opened:
        yield opened


async def test_append_many_numbers_each_subject_in_the_order_given(pool: Pool) -> None:
    one, other = new_id(), new_id()
    order = [other, one, one, other, one]
    events = [
        NewEvent(TENANT, subject, Happened(place), new_correlation()) for place, subject in enumerate(order)
    ]
    async with transaction(pool) as tx:
        assert await append(tx, Happened(-1), tenant=TENANT, subject=one, now=utc_now()) == 1
        assert await append_many(tx, events, now=utc_now()) == [1, 2, 3, 2, 4]
        assert await append(tx, Happened(5), tenant=TENANT, subject=one, now=utc_now()) == 5
        rows = [tuple(row) for row in await tx.fetch(POSITIONS)]
    assert [row[0] for row in rows] == [one, *order, one]
    assert [row[1] for row in rows] == [1, 1, 2, 3, 2, 4, 5]
    assert [row[2] for row in rows] == [f'{{"place":{place}}}' for place in range(-1, 6)]


async def test_append_many_of_nothing_does_nothing(pool: Pool) -> None:
    async with transaction(pool) as tx:
        assert await append_many(tx, [], now=utc_now()) == []


async def test_append_many_by_many_at_once_never_deadlocks_and_leaves_no_gap(pool: Pool) -> None:
    subjects = [new_id() for _ in range(4)]

    async def write(seed: int) -> None:
        order = subjects * 2
        random.Random(seed).shuffle(order)  # noqa: S311 - a repeatable mix
        events = [NewEvent(TENANT, subject, Happened(0), new_correlation()) for subject in order]
        for _ in range(10):
            async with transaction(pool) as tx:
                await append_many(tx, events, now=utc_now())

    await asyncio.gather(*(write(seed) for seed in range(8)))
    async with transaction(pool) as tx:
        rows = await tx.fetch(POSITIONS)
    for subject in subjects:
        assert [row["sequence"] for row in rows if row["subject"] == subject] == list(range(1, 161))


async def test_append_in_a_transaction_that_fails_leaves_no_trace_in_the_count(pool: Pool) -> None:
    subject = new_id()
    with suppress(LookupError):
        async with transaction(pool) as tx:
            await append(tx, Happened(0), tenant=TENANT, subject=subject, now=utc_now())
            raise LookupError
    async with transaction(pool) as tx:
        assert await append(tx, Happened(0), tenant=TENANT, subject=subject, now=utc_now()) == 1
