"""Applies dead letters again after a fix: subject by subject, in order of sequence, harmless to repeat."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from libs.common.clock import utc_now
from libs.common.consumer import Handlers
from libs.common.consumer_plan import read_record
from libs.common.db import Pool, Tx, transaction
from libs.common.dead_letters import Record
from libs.common.inbox import Aggregate, Progress, load_progress, save_progress
from libs.common.log import get_logger

log = get_logger(__name__)

FIND_PARKED = """
select source, subject, count(*) as letters
from dead_letters
where replayed_at is null
  and source is not null
  and ($1::uuid is null or subject = $1)
group by source, subject
order by source, subject
"""
LOAD_LETTERS = """
select id, topic, partition, "offset", key, headers, value, sequence
from dead_letters
where source = $1 and subject = $2 and replayed_at is null
order by sequence, "offset"
for update
"""
MARK_REPLAYED = "update dead_letters set replayed_at = $2 where id = any($1::uuid[])"
UNPARK = "update inbox set parked_at = null, updated_at = $3 where source = $1 and subject = $2"


@dataclass(frozen=True, slots=True)
class Replayed:
    """`letters` of one subject; `error` names the first that still fails (then none of them is applied)."""

    aggregate: Aggregate
    letters: int
    error: str | None = None


async def replay(pool: Pool, handlers: Handlers, *, subject: UUID | None, is_dry_run: bool) -> list[Replayed]:
    """Each subject in its own transaction; with `is_dry_run` every effect is rolled back after it was tried."""
    async with transaction(pool) as tx:
        parked = [
            (Aggregate(r["source"], r["subject"]), r["letters"]) for r in await tx.fetch(FIND_PARKED, subject)
        ]
    return [
        await _replay_subject(pool, handlers, aggregate, letters, is_dry_run) for aggregate, letters in parked
    ]


class _DryRun(Exception):  # noqa: N818
    """Ends the transaction without its effects."""


async def _replay_subject(
    pool: Pool, handlers: Handlers, aggregate: Aggregate, letters: int, is_dry_run: bool
) -> Replayed:
    try:
        async with transaction(pool) as tx:
            await _apply_letters(tx, handlers, aggregate)
            if is_dry_run:
                raise _DryRun  # noqa: TRY301 - leaves the transaction
    except _DryRun:
        return Replayed(aggregate, letters)
    except Exception as error:  # noqa: BLE001 - reported to the operator
        return Replayed(aggregate, letters, repr(error))
    log.info(
        "dead_letters_replayed", source=aggregate.source, subject=str(aggregate.subject), letters=letters
    )
    return Replayed(aggregate, letters)


async def _apply_letters(tx: Tx, handlers: Handlers, aggregate: Aggregate) -> None:
    now = utc_now()
    by_type = {kind.TYPE: handler for kind, handler in handlers.items()}
    last = (await load_progress(tx, [aggregate])).get(aggregate, Progress()).last_sequence
    await tx.execute(UNPARK, aggregate.source, aggregate.subject, now)
    rows = await tx.fetch(LOAD_LETTERS, aggregate.source, aggregate.subject)
    for row in rows:
        headers = [(name, value.encode()) for name, value in msgspec.json.decode(row["headers"]).items()]
        record = Record(row["topic"], row["partition"], row["offset"], row["key"], headers, row["value"])
        read = read_record(record, by_type)
        if row["sequence"] <= last:
            continue
        if read.error is not None or row["sequence"] != last + 1:
            raise ValueError(read.error or f"sequence {last + 1} is missing")
        for handled_as, event in read.events.items():
            await by_type[handled_as](tx, [event], now)
        last = row["sequence"]
        await save_progress(tx, {aggregate: Progress(last)}, now=now)
    await tx.execute(MARK_REPLAYED, [row["id"] for row in rows], now)
