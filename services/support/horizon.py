"""How far the consumer group has caught up with invoice.events, asked of Kafka: ends of partitions against commits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from libs.common.kafka import make_consumer, stop_quietly
from libs.common.log import get_logger
from libs.common.problems import Unavailable

log = get_logger(__name__)

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
        self._connection: _Connection | None = None
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
        if self._connection is None:
            self._connection = await _connect(self._bootstrap, self._group)
        if self._mark is not None and await _is_committed(self._connection, self._mark.ends):
            self._reached, self._mark = self._mark.time, None
        if self._mark is None:
            self._mark = Mark(now, await _find_ends(self._connection))
        return self._reached

    async def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await _disconnect(connection)


@asynccontextmanager
async def open_horizon(bootstrap: str, group: str) -> AsyncIterator[KafkaHorizon]:
    """Of a consumer group; connects when it is first asked."""
    horizon = KafkaHorizon(bootstrap, group)
    try:
        yield horizon
    finally:
        await horizon.close()


class _Connection(NamedTuple):
    """The admin client knows partitions and commits, the consumer (it joins no group) where partitions end."""

    admin: AIOKafkaAdminClient
    consumer: AIOKafkaConsumer
    group: str


async def _connect(bootstrap: str, group: str) -> _Connection:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="support-horizon")
    consumer = make_consumer(bootstrap, group, "support-horizon", ())
    connection = _Connection(admin, consumer, group)
    try:
        await admin.start()
        await consumer.start()
    except BaseException:
        await _disconnect(connection)
        raise
    return connection


async def _disconnect(connection: _Connection) -> None:
    await stop_quietly(connection.consumer)
    try:
        await asyncio.wait_for(connection.admin.close(), ASK_SECONDS)
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("admin_client_not_closed", error=repr(error))


async def _find_ends(connection: _Connection) -> Mapping[TopicPartition, int]:
    [topic] = await connection.admin.describe_topics([TOPIC])
    partitions = [TopicPartition(TOPIC, each["partition"]) for each in topic["partitions"]]
    if not partitions:
        raise UnknownTopicOrPartitionError(TOPIC)
    ends: Mapping[TopicPartition, int] = await connection.consumer.end_offsets(partitions)
    return ends


async def _is_committed(connection: _Connection, ends: Mapping[TopicPartition, int]) -> bool:
    commits = await connection.admin.list_consumer_group_offsets(connection.group)
    committed = {partition: commit.offset for partition, commit in commits.items()}
    return all(committed.get(partition, 0) >= end for partition, end in ends.items())
