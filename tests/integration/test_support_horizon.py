"""How far the group has caught up, asked of a real broker."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from deploy.local.topics import create_topics
from libs.common.clock import utc_now
from libs.common.kafka import make_consumer, make_producer
from libs.common.problems import Unavailable
from services.support.horizon import TOPIC, open_horizon
from tests.helpers.servers import Server, free_ports

pytestmark = pytest.mark.kafka


@pytest.fixture
async def producer(kafka_server: Server) -> AsyncIterator[AIOKafkaProducer]:
    await create_topics(kafka_server.url)
    client = make_producer(kafka_server.url, "test")
    await client.start()
    yield client
    await client.stop()


async def commit(bootstrap: str, group: str, offsets: dict[TopicPartition, int]) -> None:
    client = make_consumer(bootstrap, group, "test", ())
    client.assign(list(offsets))
    await client.start()
    await client.commit(offsets)
    await client.stop()


async def find_ends(bootstrap: str) -> dict[TopicPartition, int]:
    client = make_consumer(bootstrap, "test.ends", "test", ())
    await client.start()
    ends: dict[TopicPartition, int] = await client.end_offsets([TopicPartition(TOPIC, n) for n in range(8)])
    await client.stop()
    return ends


async def test_horizon_reaches_a_mark_once_the_group_has_committed_it(
    kafka_server: Server, producer: AIOKafkaProducer
) -> None:
    group, bootstrap = f"test.{utc_now().timestamp()}", kafka_server.url
    await commit(bootstrap, group, {TopicPartition(TOPIC, 0): 0})
    async with open_horizon(bootstrap, group) as horizon:
        first = await producer.send_and_wait(TOPIC, b"event")
        partition = TopicPartition(TOPIC, first.partition)
        marked, later = utc_now(), utc_now()
        assert await horizon.reach(marked) is None
        assert await horizon.reach(later) is None
        await commit(bootstrap, group, await find_ends(bootstrap))
        assert await horizon.reach(later) == marked
        assert await horizon.reach(later) == later
        await producer.send_and_wait(TOPIC, b"event", partition=partition.partition)
        assert await horizon.reach(utc_now()) == later
        assert await horizon.reach(utc_now()) == later


async def test_horizon_without_a_broker_is_unavailable() -> None:
    [port] = free_ports(1)
    async with open_horizon(f"127.0.0.1:{port}", "test") as horizon:
        with pytest.raises(Unavailable):
            await horizon.reach(utc_now())
