"""The consumer: each event is applied once and in order through rebalances and a database that goes away."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.local.process import wait_until
from deploy.local.running import running
from libs.common.consumer import TRIES, Handlers
from libs.common.db import Pool, Tx, open_pool, transaction
from libs.common.events import Event, EveryEvent, decode_envelope
from tests.helpers.databases import Database, MakeDatabase, database_maker
from tests.helpers.delivery import take_records
from tests.helpers.kafka import consuming, make_topic, send, until_caught_up
from tests.helpers.processes import child
from tests.helpers.servers import Server, make_server
from tests.integration.common.gate import GATE, closed_gate
from tests.integration.common.recording import (
    RECORDING,
    create_record,
    has_applied,
    load_applied,
    once_each,
    record,
    write_events,
)
from tests.unit.common.making import make_envelope, make_record

pytestmark = pytest.mark.kafka

PROGRAM = str(Path(__file__).with_name("consumer_program.py"))


class Reader(NamedTuple):
    """A database that records what is applied, and a topic to read."""

    database: Database
    pool: Pool
    bootstrap: str
    topic: str

    async def publish(self, count: int) -> None:
        """Events in order, as the relay would send them."""
        await write_events(self.pool, self.topic, count, writers=4, hold_seconds=0)
        await send(self.bootstrap, self.topic, await take_records(self.pool))

    async def until_applied(self, count: int) -> None:
        await wait_until(lambda: has_applied(self.pool, count), 60, "the consumer")


@pytest.fixture
async def reader(database: MakeDatabase, kafka_server: Server) -> AsyncIterator[Reader]:
    made = await database("invoice")
    await create_record(made.superuser)
    async with open_pool(made.worker, connections=8, name="test-worker") as pool:
        yield Reader(made, pool, kafka_server.url, await make_topic(kafka_server.url))


async def record_behind_gate(tx: Tx, events: Sequence[Event[EveryEvent]], now: datetime) -> None:
    await record(tx, events, now)
    await tx.execute("select pg_advisory_xact_lock_shared($1)", GATE)


BEHIND_GATE: Handlers = {EveryEvent: record_behind_gate}


async def test_rebalance_in_mid_batch_applies_each_event_once(reader: Reader, tmp_path: Path) -> None:
    await reader.publish(400)
    with ExitStack() as processes:

        def start(name: str) -> Any:
            command = [PROGRAM, name, reader.database.worker, reader.bootstrap, reader.topic, reader.topic]
            return processes.enter_context(child(command, tmp_path / f"{name}.jsonl", {}))

        async with closed_gate(reader.database.superuser) as gate:
            first = start("first")
            await gate.until_waiting(1)
            second = start("second")
            await gate.until_waiting(2)
            await reader.publish(400)
            await gate.open()
            await reader.until_applied(800)
            await gate.close()
            await reader.publish(400)
            await gate.until_waiting(2)
            first.terminate()
            await gate.open()
            assert await first.wait(20) == 0
        await reader.until_applied(1200)
        await until_caught_up(reader.bootstrap, reader.topic, reader.topic)
        second.terminate()
        assert await second.wait(20) == 0
    assert await load_applied(reader.pool) == once_each(1200)
    async with transaction(reader.pool) as tx:
        assert await tx.fetchval("select count(distinct by) from applied") == 2
        assert await tx.fetchval("select count(*) from dead_letters") == 0


async def test_sessions_ended_in_mid_batch_lose_nothing(reader: Reader) -> None:
    await reader.publish(400)
    async with (
        closed_gate(reader.database.superuser) as gate,
        consuming(reader.pool, BEHIND_GATE, reader.bootstrap, reader.topic, group=reader.topic),
    ):
        for _ in range(TRIES + 2):  # more often than a bad event would be tried
            await gate.until_waiting()
            await gate.end_waiting()
        await gate.open()
        await reader.until_applied(400)
        await until_caught_up(reader.bootstrap, reader.topic, reader.topic)
    assert await load_applied(reader.pool) == once_each(400)


async def test_postmaster_killed_in_mid_batch_loses_nothing(kafka_server: Server, tmp_path: Path) -> None:
    process, address = make_server("postgres", tmp_path)
    async with running(process, tmp_path / "log") as postgres:
        server = Server("postgres", postgres.pid, process.port, str(address["url"]))
        async with database_maker(server) as database:
            made = await database("invoice")
            await create_record(made.superuser)
            topic = await make_topic(kafka_server.url)
            async with (
                open_pool(made.worker, connections=8, name="test-worker") as pool,
                consuming(pool, BEHIND_GATE, kafka_server.url, topic),
            ):
                reader = Reader(made, pool, kafka_server.url, topic)
                async with closed_gate(made.superuser) as gate:
                    await reader.publish(400)
                    await gate.until_waiting()
                    await postgres.kill()
                await postgres.start()
                await reader.until_applied(400)
                assert await load_applied(pool) == once_each(400)


async def test_database_away_longer_than_kafka_waits_for_a_poll_loses_nothing(reader: Reader) -> None:
    await reader.publish(40)
    async with (
        closed_gate(reader.database.superuser) as gate,
        consuming(reader.pool, BEHIND_GATE, reader.bootstrap, reader.topic, longest_poll_seconds=0.5),
    ):
        for _ in range(2):
            await gate.until_waiting()

            async def has_given_up() -> bool:
                return await gate.waiting() == 0

            await wait_until(has_given_up, 60, "lock_timeout")
        await gate.open()
        await reader.until_applied(40)
        await reader.publish(40)
        await reader.until_applied(80)
    assert await load_applied(reader.pool) == once_each(80)


HOSTILE: list[list[tuple[str, bytes | None]]] = [
    [],
    [("ce_id", None)],
    [("ce_id", b"\xff\x00"), ("x", b"\\u0000"), ("\0", b"\0")],
    [("ce_sequence", b"9" * 5000)],
]


async def test_hostile_records_are_put_aside_and_hold_nobody_up(reader: Reader) -> None:
    sound = make_record(make_envelope())
    hostile = [
        sound._replace(headers=headers, value=value) for headers in HOSTILE for value in (b"\0{", None)
    ]
    broken = [make_record(make_envelope(), value) for value in (b"", b"{", b"\xff", b"[" * 100_000, None)]
    far_future = make_record(make_envelope(sequence=7))
    await send(reader.bootstrap, reader.topic, [*hostile, *broken, far_future, sound])
    async with consuming(reader.pool, RECORDING, reader.bootstrap, reader.topic, group=reader.topic):
        await reader.until_applied(1)
        await until_caught_up(reader.bootstrap, reader.topic, reader.topic)
    async with transaction(reader.pool) as tx:
        letters = await tx.fetch("select reason, count(*) from dead_letters group by reason order by reason")
    assert [tuple(row) for row in letters] == [("gap", 1), ("undecodable", len(hostile) + len(broken))]
    assert await load_applied(reader.pool) == {decode_envelope(sound.headers).subject: [1]}
