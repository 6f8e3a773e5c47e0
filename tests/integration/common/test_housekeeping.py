"""What housekeeping deletes: only what has served its time, never an event that was not published."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from libs.common.clock import utc_now
from libs.common.context import new_correlation
from libs.common.db import Pool, open_pool, transaction
from libs.common.housekeeping import keep_house
from libs.common.ids import TenantId
from libs.common.outbox import NewEvent, append_many
from tests.helpers.databases import MakeDatabase
from tests.unit.common.making import Happened

TENANT = TenantId(UUID(int=1))
AGES = """
update outbox set published_at = now() - interval '8 days', time = time - interval '8 days' where sequence = 1;
update outbox set published_at = now() - interval '6 days', time = time - interval '6 days' where sequence = 2;
update outbox set time = time - interval '80 days' where sequence = 3;
"""
KEYS = """
insert into idempotency_keys (tenant_id, route, key, request_hash, created_at)
select $1, 'POST /', n::text, '', now() - n * interval '1 day'
from generate_series(1, 60) as n
"""
SESSIONS = """
insert into revoked_sessions (tenant_id, session_id, expires_at)
values ($1, $2, now() - interval '2 days'), ($1, $3, now() + interval '1 minute')
"""

LETTERS = """
insert into dead_letters (
  id, topic, partition, "offset", headers, reason, error, tries, created_at, replayed_at
)
select gen_random_uuid(), 'invoice.events', 0, coalesce(days, 0), '{}', 'failed', 'a bug', 3,
  now() - interval '90 days', now() - days * interval '1 day'
from unnest(array[29, 31, null]) as days
"""


@pytest.fixture
async def pool(database: MakeDatabase) -> AsyncIterator[Pool]:
    async with open_pool((await database("invoice")).worker, connections=2, name="test-worker") as opened:
        yield opened


async def test_housekeeping_deletes_what_has_served_its_time_and_nothing_else(pool: Pool) -> None:
    subject, kept = uuid4(), uuid4()
    async with transaction(pool) as tx:
        events = [NewEvent(TENANT, subject, Happened(), new_correlation())] * 3
        await append_many(tx, events, now=utc_now())
        await tx.execute(AGES)
        await tx.execute(KEYS, TENANT)
        await tx.execute(SESSIONS, TENANT, uuid4(), kept)
        await tx.execute(LETTERS)
    assert await keep_house(pool) is False
    async with transaction(pool) as tx:
        left = await tx.fetch("select sequence from outbox order by sequence")
        assert [row["sequence"] for row in left] == [2, 3]
        assert await tx.fetchval("select count(*) from idempotency_keys") == 29
        assert [row[0] for row in await tx.fetch("select session_id from revoked_sessions")] == [kept]
        letters = await tx.fetch('select "offset" from dead_letters order by "offset"')
        assert [row[0] for row in letters] == [0, 29], "one waits, one was replayed 29 days ago"
