"""Topics, records and consumers of a test's own on the real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.process import wait_until
from deploy.local.topics import PARTITIONS, create_topics
from libs.common.consumer import Applier, Consumer, Handlers
from libs.common.db import Pool
from libs.common.dead_letters import Record
from libs.common.events import decode_envelope
from libs.common.kafka import make_consumer, make_producer
from libs.common.loops import Heartbeats


async def make_topic(bootstrap: str) -> str:
    """A new topic that no other test writes to."""
    name = f"t{uuid4().hex[:12]}.events"
    await create_topics(bootstrap, (name,))
    return name


async def send(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """Append the records to the topic in this order; each goes to the partition of its key."""
    producer = make_producer(bootstrap, "test")
    await producer.start()
    try:
        acks = [
            await producer.send(topic, record.value, key=record.key, headers=list(record.headers))
            for record in records
        ]
        await asyncio.gather(*acks)
    finally:
        await producer.stop()


async def read_topic(bootstrap: str, topic: str) -> list[Record]:
    """Everything on the topic, in the order of each partition."""
    client = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await client.start()
    try:
        ends = await client.end_offsets(list(client.assignment()))
        missing = sum(ends.values())
        found: list[Record] = []
        while len(found) < missing:
            polled = await client.getmany(timeout_ms=1000)
            found += [
                Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value)
                for batch in polled.values()
                for r in batch
            ]
        return found
    finally:
        await client.stop()


async def count_records(bootstrap: str, topic: str) -> int:
    """How many records the topic holds."""
    client = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap)
    await client.start()
    try:
        return sum((await client.end_offsets(list(client.assignment()))).values())
    finally:
        await client.stop()


def sequences(records: Sequence[Record]) -> dict[UUID, list[int]]:
    """The sequence numbers of each subject in the order they stand on the topic."""
    found: dict[UUID, list[int]] = {}
    for record in records:
        envelope = decode_envelope(record.headers)
        found.setdefault(envelope.subject, []).append(envelope.sequence)
    return found


@asynccontextmanager
async def consuming(
    pool: Pool, handlers: Handlers, bootstrap: str, topic: str, *, group: str = "", **options: Any
) -> AsyncIterator[asyncio.Task[None]]:
    """The real consumer at work inside the block; a new group, which reads from the beginning, unless named."""
    stop = asyncio.Event()
    connect = partial(make_consumer, bootstrap, group or f"test-{uuid4().hex}", "test", (topic,), **options)
    consumer = Consumer(Applier(pool, handlers), connect)
    task = asyncio.create_task(consumer.run(stop, Heartbeats()))
    try:
        yield task
    finally:
        stop.set()
        await task


async def until_caught_up(bootstrap: str, topic: str, group: str) -> None:
    """Wait until the group has committed all that the topic holds at this moment."""
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await client.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        client.assign(partitions)
        ends = await client.end_offsets(partitions)

        async def is_caught_up() -> bool:
            return all([(await client.committed(one) or 0) >= end for one, end in ends.items()])

        await wait_until(is_caught_up, 60, "the consumer group")
    finally:
        await client.stop()
