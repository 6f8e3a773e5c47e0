"""Events in, exactly once: how far each subject of each source has been applied, in the consumer's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from libs.common.db import Tx
from libs.common.problems import Unavailable

LOAD_PROGRESS = """
select i.source, i.subject, i.last_sequence, i.parked_at is not null as is_parked
from unnest($1::text[], $2::uuid[]) as wanted (source, subject)
join inbox i on i.source = wanted.source and i.subject = wanted.subject
order by i.source, i.subject
for update of i
"""
# A row that another member of the group has moved meanwhile does not match, and the batch is done again.
SAVE_PROGRESS = """
insert into inbox as i (source, subject, last_sequence, parked_at, updated_at)
select source, subject, last_sequence, case when is_parked then $5::timestamptz end, $5
from unnest($1::text[], $2::uuid[], $3::bigint[], $4::boolean[])
  as moved (source, subject, last_sequence, is_parked)
order by source, subject
on conflict (source, subject) do update
set last_sequence = excluded.last_sequence, parked_at = excluded.parked_at, updated_at = excluded.updated_at
where i.last_sequence < excluded.last_sequence
   or (i.last_sequence = excluded.last_sequence and excluded.parked_at is not null)
returning 1
"""


class Aggregate(NamedTuple):
    """A subject of a source."""

    source: str
    subject: UUID


class Progress(NamedTuple):
    """`last_sequence` is applied; nothing more is while parked."""

    last_sequence: int = 0
    is_parked: bool = False


async def load_progress(tx: Tx, aggregates: Iterable[Aggregate]) -> dict[Aggregate, Progress]:
    """Progress of those that have any, locked until the transaction ends."""
    wanted = sorted(set(aggregates))
    rows = await tx.fetch(LOAD_PROGRESS, [a.source for a in wanted], [a.subject for a in wanted])
    return {
        Aggregate(row["source"], row["subject"]): Progress(row["last_sequence"], row["is_parked"])
        for row in rows
    }


async def save_progress(tx: Tx, moved: Mapping[Aggregate, Progress], *, now: datetime) -> None:
    """Record what this transaction applied or parked. Raises Unavailable if somebody else did so meanwhile."""
    if not moved:
        return
    items: Sequence[tuple[Aggregate, Progress]] = list(moved.items())
    rows = await tx.fetch(
        SAVE_PROGRESS,
        [aggregate.source for aggregate, _ in items],
        [aggregate.subject for aggregate, _ in items],
        [progress.last_sequence for _, progress in items],
        [progress.is_parked for _, progress in items],
        now,
    )
    if len(rows) != len(items):
        raise Unavailable("Another consumer applied these events at the same time.")
