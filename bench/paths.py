"""Whole paths, read from the databases once the load is over: when each invoice reached view, archive and inbox."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from bench.load import Answer
from bench.stack import Target

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SERVICES = ("invoice", "render", "notify", "support")
_POLL_SECONDS = 0.25

# The moment of commit is kept by Postgres itself (track_commit_timestamp), so that looking costs the run nothing.
# `time` is that of the acceptance, a little before its commit.
SHOWN = """
select t.invoice_id, extract(epoch from t.time)::float8, extract(epoch from pg_xact_commit_timestamp(t.xmin))::float8
from timeline_entries t
join invoice_views v on v.tenant_id = t.tenant_id and v.id = t.invoice_id
where t.type = 'invoice.issued.v1' and t.time >= $1
"""
ARCHIVED = """
select invoice_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8
from documents
where state = 'ready' and format = 'pdf' and version = 1 and sha256 is not null and created_at >= $1
"""
TOLD = """
select invoice_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8
from inbox_messages
where kind = 'invoice_issued' and created_at >= $1
"""
UNPUBLISHED = "select count(*) from outbox where published_at is null"
UNSETTLED = "select (select count(*) from submissions) + (select count(*) from view_backlog)"
COUNT_ISSUED = "select count(*) from invoices where number is not null"
COUNT_ARCHIVED = "select count(*) from documents where state = 'ready' and format = 'pdf' and version = 1"
LAST_ARCHIVED = """
select extract(epoch from max(pg_xact_commit_timestamp(xmin)))::float8 from documents where state = 'ready'
"""
COUNT_TOLD = "select count(*) from inbox_messages where kind = 'invoice_issued'"


@dataclass(frozen=True)
class Path:
    """One accepted invoice; moments on the wall clock, None for what has not happened."""

    accepted: float
    shown: float | None
    seconds_to_shown: float | None
    archived: float | None
    told: float | None

    @property
    def completed(self) -> float | None:
        moments = (self.accepted, self.shown, self.archived, self.told)
        return None if None in moments else max(moment for moment in moments if moment is not None)


async def wait_until_quiet(target: Target, seconds: float) -> float:
    """Until nothing is left to do, the business with the authority included; returns how long it took."""
    began = asked = time.monotonic()
    async with AsyncExitStack() as opened:
        databases = {name: await _open(opened, target, name) for name in SERVICES}
        while not await _is_quiet(databases) and asked - began < seconds:
            answered = time.monotonic()
            # Counting much takes long; it must not weigh on what is measured.
            await asyncio.sleep(max(_POLL_SECONDS, 20 * (answered - asked)))
            asked = time.monotonic()
    return asked - began


async def _is_quiet(databases: Mapping[str, Connection]) -> bool:
    unpublished = [await database.fetchval(UNPUBLISHED) for database in databases.values()]
    unsettled = await databases["invoice"].fetchval(UNSETTLED)
    issued = await databases["invoice"].fetchval(COUNT_ISSUED)
    archived = await databases["render"].fetchval(COUNT_ARCHIVED)
    told = await databases["notify"].fetchval(COUNT_TOLD)
    return not any(unpublished) and not unsettled and issued == archived == told


async def load_last_archived(target: Target) -> float:
    """When the newest document of all was recorded, on the wall clock."""
    async with AsyncExitStack() as opened:
        moment: float = await (await _open(opened, target, "render")).fetchval(LAST_ARCHIVED)
        return moment


async def load_paths(target: Target, answers: Sequence[Answer]) -> list[Path]:
    """What became of every 201."""
    since = datetime.fromtimestamp(min(answer.due for answer in answers) - 1, UTC)
    async with AsyncExitStack() as opened:
        shown = await (await _open(opened, target, "invoice")).fetch(SHOWN, since)
        archived = await (await _open(opened, target, "render")).fetch(ARCHIVED, since)
        told = await (await _open(opened, target, "notify")).fetch(TOLD, since)
    seconds_to_shown = {row[0]: row[2] - row[1] for row in shown}
    moments = [{row[0]: row[-1] for row in rows} for rows in (shown, archived, told)]
    return [_path(answer, seconds_to_shown, moments) for answer in answers if answer.status == 201]


def _path(
    answer: Answer, seconds_to_shown: Mapping[UUID, float], moments: Sequence[Mapping[UUID, float]]
) -> Path:
    shown, archived, told = (found.get(answer.invoice_id) for found in moments)
    return Path(answer.at, shown, seconds_to_shown.get(answer.invoice_id), archived, told)


async def _open(opened: AsyncExitStack, target: Target, service: str) -> Connection:
    connection = await asyncpg.connect(target.database(service))
    opened.push_async_callback(connection.close)
    return connection
