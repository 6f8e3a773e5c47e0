"""The relay: nothing is lost and each subject stays in order, whoever is killed, frozen or late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from deploy.local.process import wait_until
from libs.common.clock import utc_now
from libs.common.db import Pool, open_pool, transaction
from libs.common.kafka import make_producer
from libs.common.loops import Heartbeats, Loop, run_loop
from libs.common.outbox import append
from libs.common.relay import Relay
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.kafka import consuming, count_records, make_topic, read_topic, sequences
from tests.helpers.processes import child
from tests.helpers.servers import Server
from tests.integration.common.gate import closed_gate
from tests.integration.common.recording import (
    RECORDING,
    SUBJECTS,
    TENANT,
    create_record,
    has_applied,
    load_applied,
    make_payload,
    once_each,
    write_events,
)

pytestmark = pytest.mark.kafka

PROGRAM = str(Path(__file__).with_name("relay_program.py"))
UNPUBLISHED = "select count(*) from outbox where published_at is null"
MOST_BYTES = 4_194_304  # outbox_payload_size_check
AFTER = "select position, subject, sequence from outbox where position > $1 order by position limit 500"
END_FROZEN = """
select pg_terminate_backend(pid)
from pg_stat_activity
where application_name = 'test-relay' and datname = current_database()
"""


class Post(NamedTuple):
    """An outbox, a topic for it, and a pool with the worker's reach."""

    database: Database
    pool: Pool
    bootstrap: str
    topic: str

    async def write(self, count: int, *, writers: int = 16) -> None:
        await write_events(self.pool, self.topic, count, writers=writers)

    async def is_published(self) -> bool:
        async with transaction(self.pool) as tx:
            return not await tx.fetchval(UNPUBLISHED)

    async def until_published(self) -> None:
        await wait_until(self.is_published, 60, "the outbox")

    async def sent(self) -> dict[UUID, list[int]]:
        return sequences(await read_topic(self.bootstrap, self.topic))


@pytest.fixture
async def post(database: MakeDatabase, kafka_server: Server) -> AsyncIterator[Post]:
    made = await database("invoice")
    async with open_pool(made.worker, connections=20, name="test-worker") as pool:
        yield Post(made, pool, kafka_server.url, await make_topic(kafka_server.url))


@asynccontextmanager
async def relaying(post: Post, relays: int = 1) -> AsyncIterator[None]:
    """Relays at work inside the block."""
    stop = asyncio.Event()
    made = [Relay(post.pool, lambda: make_producer(post.bootstrap, "test")) for _ in range(relays)]
    try:
        async with asyncio.TaskGroup() as group:
            for relay in made:
                group.create_task(run_loop(Loop("relay", relay.step, idle_seconds=0.01), stop, Heartbeats()))
            yield
            stop.set()
    finally:
        await asyncio.gather(*(relay.close() for relay in made))


def without_repeats(sent: dict[UUID, list[int]]) -> dict[UUID, list[int]]:
    """What a consumer applies that drops what it has seen; a gap stays visible."""
    kept: dict[UUID, list[int]] = {}
    for subject, numbers in sent.items():
        kept[subject] = [n for place, n in enumerate(numbers) if n > max(numbers[:place], default=0)]
    return kept


async def test_relays_three_at_once_lose_nothing_and_keep_every_subject_in_order(post: Post) -> None:
    async with relaying(post, relays=3):
        await post.write(2400)
        await post.until_published()
    assert await post.sent() == once_each(2400)


async def test_reading_by_a_cursor_would_lose_events_under_the_same_load(post: Post) -> None:
    """The load is hard enough: the naive relay, which goes on from the last position, fails it."""
    writing = asyncio.create_task(post.write(2400))
    seen: dict[UUID, list[int]] = {}
    last, is_over = 0, False
    while True:
        async with transaction(post.pool) as tx:
            rows = await tx.fetch(AFTER, last)
        for row in rows:
            seen.setdefault(row["subject"], []).append(row["sequence"])
            last = row["position"]
        if is_over and not rows:
            break
        is_over = writing.done()
    await writing
    assert sum(map(len, seen.values())) < 2400


async def test_relay_killed_between_ack_and_mark_repeats_in_order_and_loses_nothing(
    post: Post, tmp_path: Path
) -> None:
    kills = 4
    async with closed_gate(post.database.superuser) as gate:
        await gate.hold("outbox", "update")
        for _ in range(kills):
            await post.write(80)
            command = [PROGRAM, post.database.worker, post.bootstrap]
            with child(command, tmp_path / "relay.jsonl", {}) as relay:
                await gate.until_waiting()
                relay.kill()
            await gate.end_waiting()
    assert not await post.is_published()
    async with relaying(post):
        await post.until_published()
    sent = await post.sent()
    assert without_repeats(sent) == once_each(kills * 80)
    assert sum(map(len, sent.values())) == 80 * (1 + 2 + 3 + 4) + kills * 80
    for numbers in sent.values():
        assert all(later in {1, earlier + 1} for earlier, later in pairwise(numbers))


async def test_relay_frozen_while_another_runs_does_no_harm_when_it_wakes(post: Post, tmp_path: Path) -> None:
    await create_record(post.database.superuser)
    await post.write(80)
    command = [PROGRAM, post.database.worker, post.bootstrap, "freeze"]
    async with consuming(post.pool, RECORDING, post.bootstrap, post.topic):
        with child(command, tmp_path / "relay.jsonl", {}) as zombie:
            await wait_until(zombie.is_frozen, 60, "the frozen relay")
            await _end_idle_session(post)
            async with relaying(post):
                await post.until_published()
                await post.write(80)
                await post.until_published()
            zombie.thaw()

            async def has_repeated() -> bool:
                return await count_records(post.bootstrap, post.topic) == 160 + 80

            await wait_until(has_repeated, 60, "the woken relay")
            zombie.terminate()
            assert await zombie.wait(20) == 0
            assert len(zombie.lines("loop_round_failed")) == 1

        async def is_applied() -> bool:
            return await load_applied(post.pool) == once_each(160)

        await wait_until(is_applied, 60, "the consumer")
    sent = await post.sent()
    assert any(numbers[-1] < max(numbers) for numbers in sent.values())
    assert await load_applied(post.pool) == once_each(160)


async def _end_idle_session(post: Post) -> None:
    """What the server does after idle_in_transaction_session_timeout."""
    async with transaction(post.pool) as tx:
        assert await tx.fetch(END_FROZEN)


async def test_event_as_large_as_the_outbox_takes_is_sent_and_applied(post: Post) -> None:
    """A row that could never be sent would stop its shards for good."""
    await create_record(post.database.superuser)
    largest = make_payload(post.topic, "a" * (MOST_BYTES - len('{"text":""}')))
    async with transaction(post.pool) as tx:
        await append(tx, largest, tenant=TENANT, subject=SUBJECTS[0], now=utc_now())
    async with relaying(post), consuming(post.pool, RECORDING, post.bootstrap, post.topic):
        await post.until_published()
        await wait_until(lambda: has_applied(post.pool, 1), 60, "the consumer")
