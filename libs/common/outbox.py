"""Events out: appended in the transaction of the change they announce; `libs.common.relay` carries them to Kafka."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from libs.common.context import Correlation, current_correlation
from libs.common.contracts import Contract
from libs.common.db import Tx
from libs.common.events import encode_payload, topic_of
from libs.common.ids import TenantId, new_id

SHARDS = 8

# Positions follow the order of the arrays, subjects are locked in order of id.
APPEND = """
with new as (
  select n.*, count(*) over (partition by subject) - row_number() over (partition by subject order by place) as later
  from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[]
  ) with ordinality as n (tenant_id, subject, id, shard, topic, type, correlation_id, traceparent, payload, place)
),
counted as (
  insert into event_sequences as s (tenant_id, subject, last_sequence)
  select tenant_id, subject, count(*)
  from new
  group by tenant_id, subject
  order by subject
  on conflict (subject) do update set last_sequence = s.last_sequence + excluded.last_sequence
  returning subject, last_sequence
)
insert into outbox (
  tenant_id, id, shard, topic, subject, sequence, type, time, correlation_id, traceparent, payload
)
select n.tenant_id, n.id, n.shard, n.topic, n.subject, c.last_sequence - n.later, n.type, $10, n.correlation_id,
  n.traceparent, n.payload
from new n
join counted c on c.subject = n.subject
order by n.place
returning sequence
"""


class NewEvent(NamedTuple):
    """An event about to be appended."""

    tenant: TenantId
    subject: UUID
    payload: Contract
    correlation: Correlation


def shard_of(subject: UUID) -> int:
    """All events of one subject go through one shard, in order."""
    return subject.int % SHARDS


async def append(
    tx: Tx,
    payload: Contract,
    *,
    tenant: TenantId,
    subject: UUID,
    now: datetime,
    correlation: Correlation | None = None,
) -> int:
    """Append one event; returns its sequence within the subject, from 1.

    `correlation` is that of the event being answered; the current request's otherwise.
    """
    event = NewEvent(tenant, subject, payload, correlation or current_correlation())
    (sequence,) = await append_many(tx, [event], now=now)
    return sequence


async def append_many(tx: Tx, events: Sequence[NewEvent], *, now: datetime) -> list[int]:
    """Append several in order, in one statement; returns the sequence of each."""
    if not events:
        return []
    rows = await tx.fetch(APPEND, *zip(*map(_row, events), strict=True), now)
    return [row["sequence"] for row in rows]


def _row(event: NewEvent) -> tuple[object, ...]:
    return (
        event.tenant,
        event.subject,
        new_id(),
        shard_of(event.subject),
        topic_of(event.payload.TYPE),
        event.payload.TYPE,
        event.correlation.id,
        event.correlation.traceparent,
        encode_payload(event.payload),
    )
