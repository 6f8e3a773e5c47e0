"""Transactions: what is kept, whose rows are seen, and what a failing server looks like to a caller."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest

from deploy.local.databases import connected
from libs.common import db
from libs.common.clock import utc_now
from libs.common.context import new_correlation
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId, new_id
from libs.common.outbox import NewEvent, append_many
from libs.common.problems import Unavailable
from tests.helpers.databases import Database, MakeDatabase
from tests.unit.common.making import Happened

A, B = TenantId(UUID(int=1)), TenantId(UUID(int=2))
WHOSE = "select tenant_id from outbox"


class Pools(NamedTuple):
    database: Database
    api: Pool
    worker: Pool


@pytest.fixture
async def pools(database: MakeDatabase) -> AsyncIterator[Pools]:
    """A small pool as the api role; three rows of tenant A and two of tenant B."""
    made = await database("invoice")
    async with (
        open_pool(made.api, connections=2, name="test-api") as api,
        open_pool(made.worker, connections=2, name="test-worker") as worker,
    ):
        for tenant, count in ((A, 3), (B, 2)):
            async with transaction(api, tenant) as tx:
                await add_rows(tx, tenant, count)
        yield Pools(made, api, worker)


async def add_rows(tx: asyncpg.pool.PoolConnectionProxy, tenant: TenantId, count: int = 1) -> None:
    events = [NewEvent(tenant, new_id(), Happened(), new_correlation()) for _ in range(count)]
    await append_many(tx, events, now=utc_now())


async def count(pools: Pools) -> int:
    async with transaction(pools.worker) as tx:
        return len(await tx.fetch(WHOSE))


async def test_transaction_shows_only_its_tenants_rows(pools: Pools) -> None:
    for tenant, expected in ((A, 3), (B, 2), (TenantId(UUID(int=3)), 0), (None, 0)):
        async with transaction(pools.api, tenant) as tx:
            assert [row["tenant_id"] for row in await tx.fetch(WHOSE)] == [tenant] * expected


async def test_transaction_refuses_to_write_a_row_of_another_tenant(pools: Pools) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(pools.api, A) as tx:
            await add_rows(tx, B)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(pools.api) as tx:
            await add_rows(tx, A)
    assert await count(pools) == 5


async def test_tenant_of_a_transaction_ends_with_it(pools: Pools) -> None:
    for _ in range(4):
        async with transaction(pools.api, A) as tx:
            assert await tx.fetchval("select current_tenant()") == A
        async with pools.api.acquire() as connection:
            assert await connection.fetchval("select current_tenant()") is None
            assert await connection.fetch(WHOSE) == []


async def test_ten_thousand_reads_with_cancellations_never_cross_tenants(pools: Pools) -> None:
    seeded = random.Random(20261124)  # noqa: S311 - a repeatable schedule
    wrong: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))

    async def read(tenant: TenantId, times: int) -> None:
        for _ in range(times):
            async with transaction(pools.api, tenant) as tx:
                found = await tx.fetch(WHOSE)
            if {row["tenant_id"] for row in found} != {tenant}:
                wrong.append(found)

    done = cancelled = 0
    while done < 10_000 or cancelled < 20:
        tasks = [asyncio.create_task(read(tenant, 25)) for tenant in (A, B) * 2]
        await asyncio.wait(tasks, timeout=seeded.uniform(0.0, 0.06))
        if seeded.random() < 0.8:
            seeded.choice(tasks).cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
        done += 25 * outcomes.count(None)
        cancelled += len(outcomes) - outcomes.count(None)
    assert wrong == []
    assert pools.api.get_size() == 2
    async with transaction(pools.worker) as tx:
        busy = "select count(*) from pg_stat_activity where application_name = 'test-api' and state <> 'idle'"
        assert await tx.fetchval(busy) == 0


async def test_transaction_that_raises_keeps_nothing(pools: Pools) -> None:
    async def write_and_raise() -> None:
        async with transaction(pools.api, A) as tx:
            await add_rows(tx, A)
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_raise()
    assert await count(pools) == 5


async def test_transaction_that_is_cancelled_keeps_nothing_and_frees_its_connection(pools: Pools) -> None:
    async def write_and_wait() -> None:
        async with transaction(pools.api, A) as tx:
            await add_rows(tx, A)
            await tx.execute("select pg_sleep(60)")

    for _ in range(4):
        task = asyncio.create_task(write_and_wait())
        await asyncio.wait([task], timeout=0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await count(pools) == 5


async def test_transaction_whose_failed_statement_was_swallowed_is_no_success(pools: Pools) -> None:
    """Postgres answers COMMIT of a failed transaction with ROLLBACK, without an error."""

    async def write_and_swallow() -> None:
        async with transaction(pools.api, A) as tx:
            await add_rows(tx, A)
            with suppress(asyncpg.DivisionByZeroError):
                await tx.fetchval("select 1 / 0")

    with pytest.raises(RuntimeError, match="nothing was kept"):
        await write_and_swallow()
    assert await count(pools) == 5


async def test_connections_all_busy_is_unavailable_soon(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.2)
    async with transaction(pools.api, A), transaction(pools.api, B):
        with pytest.raises(Unavailable) as refused:
            async with transaction(pools.api, A):
                pass
    assert refused.value.retry_after == 1


async def test_connection_ended_by_the_server_is_unavailable_and_replaced(pools: Pools) -> None:
    async def lose_the_session() -> None:
        async with transaction(pools.api, A) as tx:
            await add_rows(tx, A)
            await _end_sessions(pools)
            await tx.fetch(WHOSE)

    with pytest.raises(Unavailable):
        await lose_the_session()
    async with transaction(pools.api, A) as tx:
        assert len(await tx.fetch(WHOSE)) == 3


async def test_sessions_have_every_time_limit(pools: Pools) -> None:
    """A frozen process loses its locks when its session has idled for 15 s."""
    limits = {
        "lock_timeout": "2s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "15s",
        "TimeZone": "UTC",
        "synchronous_commit": "on",
    }
    async with transaction(pools.api) as tx:
        assert {name: await tx.fetchval("select current_setting($1)", name) for name in limits} == limits


async def test_tenant_that_is_no_uuid_is_a_programming_error(pools: Pools) -> None:
    forged: TenantId = "1'; drop table outbox; --"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        async with transaction(pools.api, forged):
            pass


async def _end_sessions(pools: Pools) -> None:
    async with connected(pools.database.superuser) as connection:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-api'"
            " and datname = current_database()"
        )
