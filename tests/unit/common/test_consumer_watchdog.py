"""A Kafka client that has stopped delivering is told from one that has nothing to deliver."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition

from libs.common.consumer import Applier, Consumer, ConsumerStuck
from libs.common.loops import Heartbeats

pytestmark = pytest.mark.fast

PARTITION = TopicPartition("test.events", 0)


class SilentClient:
    """Never has a record; `end` is what the broker says lies on the topic."""

    def __init__(self, end: int, stop_after: asyncio.Event | None = None) -> None:
        self._end, self._stop, self.polls = end, stop_after, 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def getmany(self, **_: int) -> dict[TopicPartition, Any]:
        await asyncio.sleep(0.001)
        self.polls += 1
        if self._stop and self.polls > 200:
            self._stop.set()
        return {}

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._end)

    async def position(self, _: TopicPartition) -> int:
        return 5


def make_consumer(client: SilentClient) -> Consumer:
    def connect() -> Any:
        return client

    no_pool: Any = None
    return Consumer(Applier(no_pool, {}), connect, stuck_seconds=0.02)


async def test_consumer_whose_records_wait_although_none_comes_ends_its_process() -> None:
    with pytest.raises(ConsumerStuck, match="records up to 6"):
        await asyncio.wait_for(make_consumer(SilentClient(6)).run(asyncio.Event(), Heartbeats()), 60)


async def test_consumer_with_nothing_to_read_goes_on() -> None:
    stop = asyncio.Event()
    await asyncio.wait_for(make_consumer(SilentClient(5, stop)).run(stop, Heartbeats()), 60)
