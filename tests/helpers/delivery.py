"""Carries outbox rows to a service's handlers in order, as relay, Kafka and consumer do, but at once."""

from collections.abc import Sequence

from libs.common.consumer import Applier, Handlers
from libs.common.db import Pool, transaction
from libs.common.dead_letters import Record
from libs.common.events import encode_headers
from libs.common.relay import OutboxRow

_LOAD = """
select tenant_id, id, topic, subject, sequence, type, time, correlation_id, traceparent, payload
from outbox
where published_at is null
order by position
"""
_MARK = "update outbox set published_at = now() where published_at is null"


async def take_records(pool: Pool) -> list[Record]:
    """What has not been taken yet, as Kafka records of one partition; `pool` has the worker's reach."""
    async with transaction(pool) as tx:
        rows = [OutboxRow(*row) for row in await tx.fetch(_LOAD)]
        await tx.execute(_MARK)
    return [make_record(row, offset) for offset, row in enumerate(rows)]


def make_record(row: OutboxRow, offset: int) -> Record:
    """The record that the relay would send."""
    return Record(
        row.topic, 0, offset, str(row.subject).encode(), encode_headers(row.envelope()), row.payload
    )


async def deliver(pool: Pool, handlers: Handlers, records: Sequence[Record]) -> None:
    """Apply the records to the service that `pool` belongs to."""
    if records:
        await Applier(pool, handlers).apply(records)
