"""Forward-only SQL migrations: one advisory lock, one transaction a file, a checksum that forbids edits."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from libs.common.log import get_logger

log = get_logger(__name__)

_LOCK = 0x6F667031  # "ofp1"
COMMON_SQL = Path(__file__).parent / "sql"

CREATE_LEDGER = """
create table if not exists schema_migrations (
  name text primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
)
"""
IS_LEDGER_THERE = "select coalesce(has_table_privilege(to_regclass('schema_migrations'), 'select'), false)"
LOAD_LEDGER = "select name, checksum from schema_migrations"
RECORD = "insert into schema_migrations (name, checksum) values ($1, $2)"


class MigrationEdited(Exception):  # noqa: N818
    """A migration that was applied here has since been changed: write a new one instead."""


def find_migrations(folders: Sequence[Path]) -> list[tuple[str, str]]:
    """(name, SQL) of each file, folder by folder, in the order of their numbers."""
    return [
        (f"{folder.parent.name}/{path.name}", path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted(folder.glob("[0-9]*.sql"))
    ]


async def migrate(dsn: str, folders: Sequence[Path]) -> list[str]:
    """Apply what is missing as the database's owner, on a direct connection; returns the names applied."""
    limits = {"lock_timeout": "5s", "statement_timeout": "60s"}
    connection = await asyncpg.connect(dsn, server_settings=limits)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(CREATE_LEDGER)
        applied = {row["name"]: row["checksum"] for row in await connection.fetch(LOAD_LEDGER)}
        return [
            name
            for name, sql in find_migrations(folders)
            if await _apply(connection, name, sql, applied.get(name))
        ]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, name: str, sql: str, known: str | None) -> bool:
    checksum = hashlib.sha256(sql.encode()).hexdigest()
    if known == checksum:
        return False
    if known is not None:
        raise MigrationEdited(name)
    async with connection.transaction():
        await connection.execute(sql)
        await connection.execute(RECORD, name, checksum)
    log.info("migration_applied", name=name)
    return True


async def missing_migrations(
    connection: asyncpg.pool.PoolConnectionProxy, folders: Sequence[Path]
) -> list[str]:
    """Names that the database lacks: readiness refuses work on an older schema."""
    is_there = await connection.fetchval(IS_LEDGER_THERE)
    applied = {row["name"] for row in await connection.fetch(LOAD_LEDGER)} if is_there else set()
    return [name for name, _ in find_migrations(folders) if name not in applied]
