"""Events that cannot be applied: put aside with their subject, in order, and applied again after the fix."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from deploy.local.databases import connected
from libs.common.clock import utc_now
from libs.common.consumer import Applier
from libs.common.db import Pool, Tx, open_pool, transaction
from libs.common.dead_letters import measure_dead_letters
from libs.common.events import Event, EveryEvent
from libs.common.inbox import Aggregate, Progress, save_progress
from libs.common.problems import Unavailable
from libs.common.replay import replay
from services.invoice.consumers import HANDLERS
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.delivery import deliver
from tests.helpers.invoicing import NO_STORE, Issuing, issuing
from tests.helpers.kafka import consuming, make_topic, send, until_caught_up
from tests.helpers.processes import child
from tests.helpers.servers import Server
from tests.integration.common.gate import closed_gate
from tests.integration.common.invoice_events import by_subject, hash_views, produce_events
from tests.integration.common.recording import RECORDING, create_record, load_applied
from tests.unit.common.making import make_envelope, make_record

OBSTACLE = """
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'a bug'; end $$;
create trigger obstacle before insert on timeline_entries for each row
when (new.invoice_id in ({victims})) execute function refuse()
"""
FIXED = "drop trigger obstacle on timeline_entries"
LETTERS = """
select subject, sequence, reason, replayed_at is not null as is_done
from dead_letters
order by subject, sequence
"""
INBOX = "select subject, last_sequence, parked_at is not null as is_parked from inbox order by subject"


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def load(pool: Pool, statement: str) -> list[tuple[Any, ...]]:
    async with transaction(pool) as tx:
        return [tuple(row) for row in await tx.fetch(statement)]


async def shown(pool: Pool) -> dict[UUID, list[str]]:
    """The steps of each invoice's timeline in the order of their events."""
    found: dict[UUID, list[str]] = {}
    for subject, kind in await load(
        pool, "select invoice_id, type from timeline_entries order by time, event_id"
    ):
        found.setdefault(subject, []).append(kind)
    return found


async def execute(shop: Issuing, statement: str) -> None:
    async with connected(shop.superuser) as connection:
        await connection.execute(statement)


STEPS = ["invoice.issued.v1", "invoice.authority_delayed.v1", "invoice.confirmed.v1"]


@pytest.mark.kafka
async def test_failing_events_are_parked_and_their_replay_keeps_order_although_it_is_killed(
    database: MakeDatabase, kafka_server: Server, tmp_path: Path
) -> None:
    made = await database("invoice")
    async with issuing(made) as shop:
        records = await produce_events(shop, 6)
        subjects = sorted(by_subject(records))
        victims, others = subjects[:2], subjects[2:]
        await execute(shop, OBSTACLE.format(victims=", ".join(f"'{victim}'" for victim in victims)))
        topic = await make_topic(kafka_server.url)
        await send(kafka_server.url, topic, records)
        async with consuming(shop.worker_pool, HANDLERS, kafka_server.url, topic, group=topic):
            await until_caught_up(kafka_server.url, topic, topic)
        await assert_parked(shop, victims, others)
        await assert_replay_tries_first(shop, victims, others)
        await replay_twice(shop, made, victims, tmp_path)
        assert await shown(shop.worker_pool) == dict.fromkeys(subjects, STEPS)
        assert {row[2:] for row in await load(shop.worker_pool, LETTERS)} == {
            ("failed", True),
            ("behind", True),
        }
        assert {row[1:] for row in await load(shop.worker_pool, INBOX)} == {(3, False)}
        assert await count_waiting(shop) == 0
        undisturbed = await database("invoice")
        async with open_pool(undisturbed.worker, connections=2, name="test-worker") as pool:
            await deliver(pool, HANDLERS, records)
            assert await hash_views(pool) == await hash_views(shop.worker_pool)


async def assert_parked(shop: Issuing, victims: list[UUID], others: list[UUID]) -> None:
    reasons = ("failed", "behind", "behind")
    assert await shown(shop.worker_pool) == dict.fromkeys(others, STEPS)
    assert await load(shop.worker_pool, LETTERS) == [
        (victim, sequence, reason, False) for victim in victims for sequence, reason in enumerate(reasons, 1)
    ]
    assert await count_waiting(shop) == 3 * len(victims)


async def count_waiting(shop: Issuing) -> float | None:
    """What the operator's gauge says."""
    await measure_dead_letters(shop.worker_pool)
    return REGISTRY.get_sample_value("openfapiao_dead_letters_waiting")


async def assert_replay_tries_first(shop: Issuing, victims: list[UUID], others: list[UUID]) -> None:
    """Before the fix it applies nothing, and as a dry run after the fix it keeps nothing."""
    in_vain = await replay(shop.worker_pool, HANDLERS, subject=None, is_dry_run=False)
    assert ["a bug" in (outcome.error or "") for outcome in in_vain] == [True, True]
    await execute(shop, FIXED)
    tried = await replay(shop.worker_pool, HANDLERS, subject=None, is_dry_run=True)
    assert [(t.aggregate.subject, t.letters, t.error) for t in tried] == [(v, 3, None) for v in victims]
    await assert_parked(shop, victims, others)


async def replay_twice(shop: Issuing, made: Database, victims: list[UUID], folder: Path) -> None:
    """The operator's command, killed inside the second invoice, and again to the end."""
    command = ["-m", "services.invoice", "replay"]
    settings = {"database_url": made.worker, **NO_STORE}
    environment = {f"OFP_{name.upper()}": value for name, value in settings.items()}
    async with closed_gate(shop.superuser) as gate:
        await gate.hold("timeline_entries", "insert", when=f"new.invoice_id = '{victims[1]}'")
        with child(command, folder / "killed.jsonl", environment) as killed:
            await gate.until_waiting()
            killed.kill()
        await gate.end_waiting()
    done = [row for row in await load(shop.worker_pool, LETTERS) if row[3]]
    assert [row[:2] for row in done] == [(victims[0], 1), (victims[0], 2), (victims[0], 3)]
    assert victims[1] not in await shown(shop.worker_pool)
    with child(command, folder / "again.jsonl", environment) as again:
        assert await again.wait(60) == 0
    assert f"{victims[1]} 3 applied" in again.text()


async def test_undecodable_event_parks_its_invoice_and_cannot_be_replayed(shop: Issuing) -> None:
    records = await produce_events(shop, 2)
    first, second = sorted(by_subject(records))
    damaged = [
        r._replace(value=b'{"number": 1}') if r == by_subject(records)[first][1] else r for r in records
    ]
    await deliver(shop.worker_pool, HANDLERS, damaged)
    letters = [(first, 2, "undecodable", False), (first, 3, "behind", False)]
    assert await load(shop.worker_pool, LETTERS) == letters
    assert await shown(shop.worker_pool) == {first: STEPS[:1], second: STEPS}
    (outcome,) = await replay(shop.worker_pool, HANDLERS, subject=first, is_dry_run=False)
    assert "payload" in (outcome.error or "")
    assert await load(shop.worker_pool, LETTERS) == letters
    assert await load(shop.worker_pool, INBOX) == [(first, 1, True), (second, 3, False)]


async def test_missing_event_parks_its_invoice_until_it_comes_and_is_replayed(shop: Issuing) -> None:
    records = await produce_events(shop, 1)
    await deliver(shop.worker_pool, HANDLERS, [records[0], records[2]])
    await deliver(shop.worker_pool, HANDLERS, [records[1]])
    (subject,) = by_subject(records)
    assert await load(shop.worker_pool, LETTERS) == [
        (subject, 2, "behind", False),
        (subject, 3, "gap", False),
    ]
    (outcome,) = await replay(shop.worker_pool, HANDLERS, subject=subject, is_dry_run=False)
    assert outcome.error is None
    assert await shown(shop.worker_pool) == {subject: STEPS}
    assert await load(shop.worker_pool, INBOX) == [(subject, 3, False)]


async def test_event_that_failed_here_but_was_applied_elsewhere_is_not_parked(shop: Issuing) -> None:
    """After a rebalance two members of the group may deal with one event; only one of them fails."""
    await create_record(shop.superuser)
    records = [make_record(make_envelope(subject=UUID(int=9), sequence=n), offset=n) for n in (1, 2)]
    tries = []

    async def fail(tx: Tx, events: Sequence[Event[EveryEvent]], _: datetime) -> None:
        tries.append(events)
        if len(tries) == 3:
            await tx.execute("rollback; begin")
            await Applier(shop.worker_pool, RECORDING).apply(records)
        raise LookupError

    await Applier(shop.worker_pool, {EveryEvent: fail}).apply(records[:1])
    assert await load_applied(shop.worker_pool) == {UUID(int=9): [1, 2]}
    assert await load(shop.worker_pool, INBOX) == [(UUID(int=9), 2, False)]
    assert await load(shop.worker_pool, LETTERS) == []


async def test_progress_made_elsewhere_meanwhile_is_never_set_back(shop: Issuing) -> None:
    aggregate = Aggregate("openfapiao/test", UUID(int=9))

    async def save(progress: Progress) -> None:
        async with transaction(shop.worker_pool) as tx:
            await save_progress(tx, {aggregate: progress}, now=utc_now())

    await save(Progress(2))
    for late in (Progress(1), Progress(2), Progress(0, is_parked=True), Progress(1, is_parked=True)):
        with pytest.raises(Unavailable):
            await save(late)
    await save(Progress(2, is_parked=True))
    assert await load(shop.worker_pool, INBOX) == [(UUID(int=9), 2, True)]
