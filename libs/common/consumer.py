"""Kafka in: decode, guard, handle and record progress in one transaction, then commit the offsets."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.clock import utc_now
from libs.common.consumer_plan import Plan, ReadRecord, read_record
from libs.common.contracts import Contract
from libs.common.db import Pool, Tx, transaction
from libs.common.dead_letters import Record, save_dead_letters
from libs.common.events import Event
from libs.common.inbox import load_progress, save_progress
from libs.common.kafka import COMMIT_SECONDS, stop_quietly
from libs.common.log import get_logger
from libs.common.loops import Heartbeats, backoff_seconds, pause
from libs.common.metrics import EVENT_LAG_SECONDS, EVENTS_APPLIED, EVENTS_DROPPED, EVENTS_UNKNOWN
from libs.common.problems import Unavailable

log = get_logger(__name__)

# Handles a run of events of one type, in order, in the transaction that records them as applied.
Handler = Callable[[Tx, Sequence[Event[Any]], datetime], Awaitable[None]]
Handlers = Mapping[type[Contract], Handler]

BATCH = 500
TRIES = 3
STUCK_SECONDS = 60.0


class ConsumerStuck(Exception):  # noqa: N818
    """Records wait but the position does not move: only a new process helps (aiokafka #1154)."""


class Applier:
    """Applies batches of records to one service's database; knows nothing of Kafka."""

    def __init__(self, pool: Pool, handlers: Handlers) -> None:
        self._pool = pool
        self._handlers = {kind.TYPE: handler for kind, handler in handlers.items()}

    async def apply(self, records: Sequence[Record]) -> None:
        """All effects are committed when this returns. Raises Unavailable when the database is to be awaited.

        A batch in which a handler raises is done again record by record, so that one bad event hurts no other;
        a record that keeps raising is put aside and its subject parked.
        """
        try:
            await self._apply_together(records)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - isolated below, then kept as a dead letter
            if len(records) == 1:
                await self._try_again(records[0], error)
                return
            log.warning("batch_split", records=len(records), error=repr(error))
            for record in records:
                await self.apply([record])

    async def _try_again(self, record: Record, error: Exception) -> None:
        for failures in range(1, TRIES):
            await asyncio.sleep(backoff_seconds(failures))
            try:
                await self._apply_together([record])
            except Unavailable:
                raise
            except Exception as again:  # noqa: BLE001 - becomes a dead letter after the last try
                error = again
            else:
                return
        failed = read_record(record, self._handlers)._replace(reason="failed", error=repr(error), tries=TRIES)
        await self._apply_read([failed], error)

    async def _apply_together(self, records: Sequence[Record]) -> None:
        await self._apply_read([read_record(record, self._handlers) for record in records])

    async def _apply_read(self, read: Sequence[ReadRecord], cause: Exception | None = None) -> None:
        now = utc_now()
        async with transaction(self._pool) as tx:
            progress = await load_progress(tx, (Plan.aggregate(r.envelope) for r in read if r.envelope))
            plan = Plan(progress)
            for item in read:
                plan.add(item)
            for kind, events in plan.runs():
                await self._handlers[kind](tx, events, now)
            await save_progress(tx, plan.moved, now=now)
            await save_dead_letters(tx, plan.letters, now=now)
        _report(plan, cause)


def _report(plan: Plan, cause: Exception | None) -> None:
    now = time.time()
    for event in plan.every or plan.fresh:
        EVENTS_APPLIED.labels(event.envelope.type).inc()
        topic = event.envelope.type.partition(".")[0]
        EVENT_LAG_SECONDS.labels(topic).observe(max(0.0, now - event.envelope.time.timestamp()))
    for envelope in plan.dropped:
        EVENTS_DROPPED.labels(envelope.type).inc()
    EVENTS_UNKNOWN.inc(plan.unknown)
    for letter in plan.letters:
        log.error(
            "event_put_aside",
            topic=letter.record.topic,
            offset=letter.record.offset,
            reason=letter.reason,
            request_id=letter.envelope and letter.envelope.correlation.id,
            exc_info=cause,
        )


class Consumer:
    """Polls the topics of a group and applies what comes, until told to stop."""

    def __init__(
        self,
        applier: Applier,
        make_client: Callable[[], AIOKafkaConsumer],
        *,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._applier = applier
        self._make_client = make_client
        self._stuck_seconds = stuck_seconds
        self._moved_at = time.monotonic()

    async def run(self, stop: asyncio.Event, heartbeats: Heartbeats) -> None:
        """Poll for ever; a client that raises is replaced by a new one after a pause."""
        failures = 0
        while not stop.is_set():
            heartbeats.beat("consumer")
            client = self._make_client()
            try:
                await asyncio.wait_for(client.start(), 30)
                failures = 0
                await self._poll(client, stop, heartbeats)
            except (KafkaError, OSError, TimeoutError) as error:
                failures += 1
                log.warning("consumer_restarted", error=repr(error), failures=failures)
            finally:
                await stop_quietly(client)
            await pause(stop, backoff_seconds(failures + 1))

    async def _poll(self, client: AIOKafkaConsumer, stop: asyncio.Event, heartbeats: Heartbeats) -> None:
        self._moved_at = time.monotonic()
        while not stop.is_set():
            heartbeats.beat("consumer")
            polled = await client.getmany(timeout_ms=200, max_records=BATCH)
            if polled:
                await self._apply_all(client, polled, stop, heartbeats)
            elif time.monotonic() - self._moved_at > self._stuck_seconds:
                await self._check_progress(client)

    async def _apply_all(
        self,
        client: AIOKafkaConsumer,
        polled: Mapping[TopicPartition, Any],
        stop: asyncio.Event,
        heartbeats: Heartbeats,
    ) -> None:
        records = [
            Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value)
            for batch in polled.values()
            for r in batch
        ]
        failures = 0
        while True:
            try:
                await self._applier.apply(records)
                break
            except Unavailable as error:
                failures += 1
                heartbeats.beat("consumer")
                log.warning(
                    "events_wait_for_database", records=len(records), error=repr(error), failures=failures
                )
                await pause(stop, backoff_seconds(failures))
                if stop.is_set():
                    return
        self._moved_at = time.monotonic()
        await _commit(client, {partition: batch[-1].offset + 1 for partition, batch in polled.items()})

    async def _check_progress(self, client: AIOKafkaConsumer) -> None:
        """No record for so long although some wait beyond our position: the client is stuck."""
        ends = await client.end_offsets(list(client.assignment()))
        for partition, end in ends.items():
            if end > await client.position(partition):
                raise ConsumerStuck(f"{partition} has records up to {end}")
        self._moved_at = time.monotonic()


async def _commit(client: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Commit what is still ours; after a rebalance, or when a frozen broker never answers, repeats are dropped."""
    ours = {partition: offset for partition, offset in offsets.items() if partition in client.assignment()}
    if not ours:
        return
    try:
        await asyncio.wait_for(client.commit(ours), COMMIT_SECONDS)
    except (KafkaError, TimeoutError) as error:
        log.info("offsets_not_committed", error=repr(error))
