"""Events of a test's own, and a table that shows what a consumer applied, how often and in which order."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from deploy.local.databases import connected
from libs.common.clock import utc_now
from libs.common.consumer import Handlers
from libs.common.contracts import Contract
from libs.common.db import Pool, Tx, transaction
from libs.common.events import Event, EveryEvent
from libs.common.ids import TenantId, new_id
from libs.common.outbox import append

TENANT = TenantId(UUID(int=1))
SUBJECTS = [new_id() for _ in range(40)]

CREATE = """
create table applied (
  position bigint generated always as identity, subject uuid not null, sequence bigint not null,
  by text not null default current_setting('application_name')
);
grant select, insert on applied to ofp_worker
"""
RECORD = "insert into applied (subject, sequence) values ($1, $2)"
LIST = "select subject, sequence from applied order by position"


def make_payload(topic: str, text: str = "") -> Contract:
    """A payload whose event goes to that topic."""
    wire_name = f"{topic.removesuffix('.events')}.happened.v1"
    kind = msgspec.defstruct(
        "Happened",
        [("text", str)],
        bases=(Contract,),
        namespace={"TYPE": wire_name},
        frozen=True,
        kw_only=True,
    )
    return cast("Contract", kind(text=text))


async def write_events(
    pool: Pool, topic: str, count: int, *, writers: int = 16, hold_seconds: float = 0.02
) -> None:
    """`count` events about SUBJECTS from parallel writers that keep their transactions open for a while."""
    numbers = iter(range(count))
    payload = make_payload(topic)

    async def write() -> None:
        for number in numbers:
            async with transaction(pool) as tx:
                subject = SUBJECTS[number % len(SUBJECTS)]
                await append(tx, payload, tenant=TENANT, subject=subject, now=utc_now())
                held = random.uniform(0, hold_seconds)  # noqa: S311 - a load
                await tx.execute("select pg_sleep($1)", held)

    await asyncio.gather(*(write() for _ in range(writers)))


async def create_record(superuser: str) -> None:
    """The table; workers may write to it."""
    async with connected(superuser) as connection:
        await connection.execute(CREATE)


async def record(tx: Tx, events: Sequence[Event[EveryEvent]], _: datetime) -> None:
    """Handler of every event."""
    await tx.executemany(RECORD, [(event.envelope.subject, event.envelope.sequence) for event in events])


RECORDING: Handlers = {EveryEvent: record}


async def load_applied(pool: Pool) -> dict[UUID, list[int]]:
    """The sequences applied to each subject, in the order of their application."""
    found: dict[UUID, list[int]] = {}
    async with transaction(pool) as tx:
        for row in await tx.fetch(LIST):
            found.setdefault(row["subject"], []).append(row["sequence"])
    return found


def once_each(count: int) -> dict[UUID, list[int]]:
    """What `count` events of `write_events` amount to, each once and in order."""
    per_subject = {subject: len(range(n, count, len(SUBJECTS))) for n, subject in enumerate(SUBJECTS)}
    return {subject: list(range(1, length + 1)) for subject, length in per_subject.items() if length}


async def has_applied(pool: Pool, count: int) -> bool:
    async with transaction(pool) as tx:
        return bool(await tx.fetchval("select count(*) >= $1 from applied", count))
