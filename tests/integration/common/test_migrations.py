"""Migrations: applied once, in order, by one process at a time, never edited; readiness names what is missing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.databases import connected, create_database, create_roles, drop_database
from libs.common.db import open_pool
from libs.common.health import Health, database_check
from libs.common.migrate import COMMON_SQL, MigrationEdited, find_migrations, migrate
from tests.helpers.databases import Database, describe_database
from tests.helpers.servers import PASSWORD, Server


@pytest.fixture
async def empty(postgres_server: Server) -> AsyncIterator[Database]:
    """A database of the invoice service in which nothing was migrated."""
    name = f"test_empty_{uuid4().hex}"
    await create_roles(postgres_server.url, lambda _: PASSWORD)
    await create_database(postgres_server.url, "invoice", name)
    yield describe_database(postgres_server, "invoice", name)
    await drop_database(postgres_server.url, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Migrations of a service `demo`, which come after the common ones."""
    made = tmp_path / "demo" / "migrations"
    made.mkdir(parents=True)
    (made / "0002_second.sql").write_text("alter table things add column name text;")
    (made / "0001_first.sql").write_text("create table things (id integer);")
    (made / "schema.sql").write_text("this is no migration")
    return made


def test_migrations_are_found_folder_by_folder_in_order(folder: Path) -> None:
    names = [name for name, _ in find_migrations([COMMON_SQL, folder])]
    assert names == [*names[:-2], "demo/0001_first.sql", "demo/0002_second.sql"]
    assert names[0].startswith("common/0001")


async def test_migrations_run_twice_at_once_are_applied_once(empty: Database, folder: Path) -> None:
    folders = [COMMON_SQL, folder]
    applied = await asyncio.gather(*(migrate(empty.owner, folders) for _ in range(3)))
    assert sorted(applied, key=len)[:2] == [[], []]
    assert len(max(applied, key=len)) == len(find_migrations(folders))
    assert await migrate(empty.owner, folders) == []


async def test_migration_that_was_edited_is_refused(empty: Database, folder: Path) -> None:
    await migrate(empty.owner, [COMMON_SQL, folder])
    (folder / "0001_first.sql").write_text("create table things (id bigint);")
    (folder / "0003_third.sql").write_text("create table more (id integer);")
    with pytest.raises(MigrationEdited, match="demo/0001_first"):
        await migrate(empty.owner, [COMMON_SQL, folder])
    async with connected(empty.owner) as connection:
        assert await connection.fetchval("select to_regclass('more')") is None


async def test_migration_that_fails_leaves_nothing_and_can_be_repeated(empty: Database, folder: Path) -> None:
    third = folder / "0003_third.sql"
    third.write_text("create table more (id integer); select 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty.owner, [COMMON_SQL, folder])
    third.write_text("create table more (id integer);")
    assert await migrate(empty.owner, [COMMON_SQL, folder]) == ["demo/0003_third.sql"]


async def test_readiness_names_missing_migrations_and_liveness_needs_no_database(
    empty: Database, folder: Path
) -> None:
    await migrate(empty.owner, [COMMON_SQL])
    async with open_pool(empty.api, connections=1, name="test") as pool:
        health = Health(checks={"database": database_check(pool, [COMMON_SQL, folder])})
        assert await health.reasons() == {
            "database": "migrations missing: demo/0001_first.sql, demo/0002_second.sql"
        }
        await migrate(empty.owner, [COMMON_SQL, folder])
        assert await health.reasons() == {}


async def test_readiness_of_a_database_that_was_never_migrated_says_so(empty: Database) -> None:
    async with open_pool(empty.api, connections=1, name="test") as pool:
        health = Health(checks={"database": database_check(pool, [COMMON_SQL])})
        (reason,) = (await health.reasons()).values()
        assert reason.startswith("migrations missing: common/0001")
