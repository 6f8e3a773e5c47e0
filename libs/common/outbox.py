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

APPEND = """
with next as (
  insert into event_sequences as s (tenant_id, subject, last_sequence)
  values ($1, $2, 1)
  on conflict (subject) do update set last_sequence = s.last_sequence + 1
  returning last_sequence
)
insert into outbox (
  tenant_id, id, shard, topic, subject, sequence, type, time, correlation_id, traceparent, payload
)
select $1, $3, $4, $5, $2, next.last_sequence, $6, $7, $8, $9, $10
from next
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
    sequence: int = await tx.fetchval(APPEND, *event_row(event, now))
    return sequence


async def append_many(tx: Tx, events: Sequence[NewEvent], *, now: datetime) -> None:
    """Append several in order, pipelined. Sort by subject where two writers could meet."""
    await tx.executemany(APPEND, [event_row(event, now) for event in events])


def event_row(event: NewEvent, now: datetime) -> tuple[object, ...]:
    """The parameters of APPEND in order; a store that writes a new subject's first event itself needs them too."""
    return (
        event.tenant,
        event.subject,
        new_id(),
        shard_of(event.subject),
        topic_of(event.payload.TYPE),
        event.payload.TYPE,
        now,
        event.correlation.id,
        event.correlation.traceparent,
        encode_payload(event.payload),
    )
