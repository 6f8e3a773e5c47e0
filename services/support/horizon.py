"""How far the consumer group has caught up with invoice.events, asked of Kafka: ends of partitions against commits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from libs.common.kafka import make_consumer, stop_quietly
from libs.common.problems import Unavailable

TOPIC = "invoice.events"
ASK_SECONDS = 5.0


class Mark(NamedTuple):
    """Where the partitions ended at that time."""

    time: datetime
    ends: Mapping[TopicPartition, int]


class KafkaHorizon:
    """Marks the ends, and calls the mark's time reached once the group has committed up to them."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._client: AIOKafkaConsumer | None = None
        self._mark: Mark | None = None
        self._reached: datetime | None = None

    async def reach(self, now: datetime) -> datetime | None:
        """An instant before which every published event has been applied; raises Unavailable without Kafka."""
        try:
            return await asyncio.wait_for(self._reach(now), ASK_SECONDS)
        except Exception as error:
            await self.close()
            raise Unavailable(f"Kafka did not tell how far the group is ({error!r}).") from error

    async def _reach(self, now: datetime) -> datetime | None:
        client = await self._connected()
        if self._mark is not None and await _is_committed(client, self._mark.ends):
            self._reached, self._mark = self._mark.time, None
        if self._mark is None:
            partitions = await _partitions(client)
            self._mark = Mark(now, await client.end_offsets(partitions))
        return self._reached

    async def _connected(self) -> AIOKafkaConsumer:
        """Asks in the group's name but never joins it: nothing is subscribed or assigned."""
        if self._client is None:
            self._client = make_consumer(self._bootstrap, self._group, "support-horizon", ())
            await self._client.start()
        return self._client

    async def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        client, self._client = self._client, None
        if client is not None:
            await stop_quietly(client)


@asynccontextmanager
async def open_horizon(bootstrap: str, group: str) -> AsyncIterator[KafkaHorizon]:
    """Of a consumer group; connects when it is first asked."""
    horizon = KafkaHorizon(bootstrap, group)
    try:
        yield horizon
    finally:
        await horizon.close()


async def _partitions(client: AIOKafkaConsumer) -> list[TopicPartition]:
    await client.topics()
    numbers = client.partitions_for_topic(TOPIC)
    if not numbers:
        raise UnknownTopicOrPartitionError(TOPIC)
    return [TopicPartition(TOPIC, number) for number in numbers]


async def _is_committed(client: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if end and (await client.committed(partition) or 0) < end:
            return False
    return True
