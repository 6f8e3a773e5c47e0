"""Views are what the events say, however often and from wherever they are delivered."""

from collections.abc import AsyncIterator

import pytest

from libs.common.db import open_pool, transaction
from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing
from tests.helpers.kafka import consuming, make_topic, send, until_caught_up
from tests.helpers.servers import Server
from tests.integration.common.invoice_events import hash_views, produce_events, repeat_and_shuffle

pytestmark = pytest.mark.kafka


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def test_views_repeated_threefold_and_replayed_from_the_beginning_are_the_same(
    shop: Issuing, database: MakeDatabase, kafka_server: Server
) -> None:
    bootstrap = kafka_server.url
    records = await produce_events(shop, 15)
    once, thrice = await make_topic(bootstrap), await make_topic(bootstrap)
    await send(bootstrap, once, records)
    await send(bootstrap, thrice, repeat_and_shuffle(records, 3, seed=20261124))
    other = await database("invoice")
    async with open_pool(other.worker, connections=2, name="test-worker") as other_pool:
        async with consuming(shop.worker_pool, HANDLERS, bootstrap, once, group=f"once-{once}"):
            await until_caught_up(bootstrap, once, f"once-{once}")
        expected = await hash_views(shop.worker_pool)
        async with consuming(other_pool, HANDLERS, bootstrap, thrice, group=f"thrice-{thrice}"):
            await until_caught_up(bootstrap, thrice, f"thrice-{thrice}")
        assert await hash_views(other_pool) == expected
        async with consuming(other_pool, HANDLERS, bootstrap, thrice, group=f"again-{thrice}"):
            await until_caught_up(bootstrap, thrice, f"again-{thrice}")
        assert await hash_views(other_pool) == expected
        async with transaction(other_pool) as tx:
            assert await tx.fetchval("select count(*) from timeline_entries") == 45
            assert await tx.fetchval("select count(*) from dead_letters") == 0
