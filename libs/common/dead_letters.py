"""Events put aside, with all that is needed to look at them and to apply them later, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.common.db import Pool, Tx, transaction
from libs.common.events import Envelope
from libs.common.ids import new_id
from libs.common.metrics import DEAD_LETTERS, DEAD_LETTERS_WAITING

INSERT_DEAD_LETTER = """
insert into dead_letters (
  id, topic, partition, "offset", key, headers, value, source, subject, sequence, type, reason, error, tries, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (topic, partition, "offset") do nothing
"""
COUNT_WAITING = "select count(*) from dead_letters where replayed_at is null"


class Record(NamedTuple):
    """One Kafka record as it came."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None


class DeadLetter(NamedTuple):
    """`reason`: undecodable, failed (every try raised), gap (a predecessor is missing), behind (one is parked)."""

    record: Record
    envelope: Envelope | None
    reason: str
    error: str
    tries: int = 1


async def save_dead_letters(tx: Tx, letters: Sequence[DeadLetter], *, now: datetime) -> None:
    """Keep them; a record that is there already stays as it was."""
    if not letters:
        return
    await tx.executemany(INSERT_DEAD_LETTER, [_row(letter, now) for letter in letters])
    for letter in letters:
        DEAD_LETTERS.labels(letter.record.topic, letter.reason).inc()


async def measure_dead_letters(pool: Pool) -> None:
    """Update the gauge of those that wait for `make replay`."""
    async with transaction(pool) as tx:
        DEAD_LETTERS_WAITING.set(await tx.fetchval(COUNT_WAITING))


def _row(letter: DeadLetter, now: datetime) -> tuple[object, ...]:
    record, envelope = letter.record, letter.envelope
    headers = {
        _storable(name): _storable((value or b"").decode(errors="replace")) for name, value in record.headers
    }
    aggregate: tuple[str | None, UUID | None, int | None, str | None] = (None, None, None, None)
    if envelope is not None:
        aggregate = (envelope.source, envelope.subject, envelope.sequence, envelope.type)
    return (
        new_id(),
        record.topic,
        record.partition,
        record.offset,
        record.key,
        msgspec.json.encode(headers).decode(),
        record.value,
        *aggregate,
        letter.reason,
        _storable(letter.error[:2000]),
        letter.tries,
        now,
    )


def _storable(text: str) -> str:
    """Without NUL and lone surrogates, which Postgres refuses."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
