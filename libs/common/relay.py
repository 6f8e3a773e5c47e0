"""Carries outbox rows to Kafka: one shard at a time under an advisory lock, in order, marked after every ack."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaProducer

from libs.common.context import Correlation
from libs.common.db import Pool, Tx, transaction
from libs.common.events import Envelope, encode_headers, source_of
from libs.common.ids import TenantId
from libs.common.kafka import SEND_SECONDS, stop_quietly
from libs.common.metrics import EVENTS_PUBLISHED, OUTBOX_OLDEST_SECONDS, OUTBOX_UNPUBLISHED, PRODUCER_RENEWALS
from libs.common.outbox import SHARDS

BATCH = 500
_LOCK_SPACE = 0x6F75  # "ou"

# Another relay may hold some shards; what this transaction gets, it keeps until it ends.
LOCK_SHARDS = """
select shard
from generate_series(0, $2 - 1) as shard
where pg_try_advisory_xact_lock($1, shard)
"""
LOAD_UNPUBLISHED = """
select tenant_id, id, topic, subject, sequence, type, time, correlation_id, traceparent, payload
from outbox
where published_at is null
  and shard = any($1::smallint[])
order by position
limit $2
"""
MARK_PUBLISHED = """
update outbox
set published_at = now()
where id = any($1::uuid[])
"""
MEASURE_BACKLOG = """
select count(*) as rows, coalesce(extract(epoch from now() - min(time)), 0)::bigint as oldest_seconds
from outbox
where published_at is null
"""


class OutboxRow(NamedTuple):
    """An unpublished event."""

    tenant_id: TenantId
    id: UUID
    topic: str
    subject: UUID
    sequence: int
    type: str
    time: datetime
    correlation_id: str
    traceparent: str
    payload: bytes

    def envelope(self) -> Envelope:
        return Envelope(
            id=self.id,
            source=source_of(self.topic),
            type=self.type,
            subject=self.subject,
            tenant=self.tenant_id,
            sequence=self.sequence,
            time=self.time,
            correlation=Correlation(self.correlation_id, self.traceparent),
        )


class SendUnsure(Exception):  # noqa: N818
    """Not every record was acknowledged in time; some may be in the log all the same."""


class Relay:
    """`step()` publishes one batch. After an unsure send the producer is thrown away: it would never recover."""

    def __init__(self, pool: Pool, make_producer: Callable[[], AIOKafkaProducer]) -> None:
        self._pool = pool
        self._make_producer = make_producer
        self._producer: AIOKafkaProducer | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    async def step(self) -> bool:
        """Publish up to BATCH rows; True if there may be more. A repeat after a failure keeps the order."""
        async with transaction(self._pool) as tx:
            rows = await _load_unpublished(tx)
            if rows:
                await self._send(rows)
                await tx.execute(MARK_PUBLISHED, [row.id for row in rows])
        for row in rows:
            EVENTS_PUBLISHED.labels(row.type).inc()
        return len(rows) == BATCH

    async def measure(self) -> None:
        """Update the backlog gauges."""
        async with transaction(self._pool) as tx:
            backlog = await tx.fetchrow(MEASURE_BACKLOG)
        if backlog is not None:
            OUTBOX_UNPUBLISHED.set(backlog["rows"])
            OUTBOX_OLDEST_SECONDS.set(backlog["oldest_seconds"])

    async def close(self) -> None:
        """Stop the producer, waiting a bounded time."""
        if self._producer is not None:
            await stop_quietly(self._producer)

    async def _send(self, rows: Sequence[OutboxRow]) -> None:
        try:
            await asyncio.wait_for(self._send_all(rows), SEND_SECONDS)
        except Exception as error:
            self._abandon_producer()
            raise SendUnsure(f"{len(rows)} rows: {error!r}") from error

    async def _send_all(self, rows: Sequence[OutboxRow]) -> None:
        if self._producer is None:
            producer = self._make_producer()
            try:
                await producer.start()
            except BaseException:
                self._let_stop(producer)
                raise
            self._producer = producer
        acks = [
            await self._producer.send(
                row.topic, row.payload, key=str(row.subject).encode(), headers=encode_headers(row.envelope())
            )
            for row in rows
        ]
        await asyncio.gather(*acks)

    def _abandon_producer(self) -> None:
        if self._producer is not None:
            PRODUCER_RENEWALS.inc()
            self._let_stop(self._producer)
            self._producer = None

    def _let_stop(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(stop_quietly(producer))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


async def _load_unpublished(tx: Tx) -> list[OutboxRow]:
    shards = [row["shard"] for row in await tx.fetch(LOCK_SHARDS, _LOCK_SPACE, SHARDS)]
    return [OutboxRow(*row) for row in await tx.fetch(LOAD_UNPUBLISHED, shards, BATCH)]
