"""SQL of the event feed's write side."""

from collections.abc import Sequence

from libs.common.db import Tx
from services.notify.domain.feed import FeedEvent

# Positions follow the order of the arrays. The tenants' rows stay locked until the transaction ends, so that a reader
# never sees a position before a smaller one; they are locked in order of tenant, so that two workers never deadlock.
SAVE_FEED_EVENTS = """
with arrived as (
  select a.*, row_number() over (partition by a.tenant_id order by a.ordinal desc) as from_last
  from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::timestamptz[], $8::text[],
    $9::text[], $10::bytea[]
  ) with ordinality as a (
    tenant_id, id, source, type, subject, sequence, time, correlation_id, traceparent, payload, ordinal
  )
),
moved as (
  insert into streams as s (tenant_id, feed_position)
  select tenant_id, count(*)
  from arrived
  group by tenant_id
  order by tenant_id
  on conflict (tenant_id) do update set feed_position = s.feed_position + excluded.feed_position
  returning tenant_id, feed_position
)
insert into feed_events (
  tenant_id, position, id, source, type, subject, sequence, time, correlation_id, traceparent, payload
)
select
  a.tenant_id, m.feed_position - a.from_last + 1, a.id, a.source, a.type, a.subject, a.sequence, a.time,
  a.correlation_id, a.traceparent, a.payload
from arrived a
join moved m on m.tenant_id = a.tenant_id
"""


async def save_feed_events(tx: Tx, events: Sequence[FeedEvent]) -> None:
    """Append them in this order. Locks the tenants' streams: call it before anything else of the transaction."""
    rows = [
        (
            event.tenant,
            event.id,
            event.source,
            event.type,
            event.subject,
            event.sequence,
            event.time,
            event.correlation_id,
            event.traceparent,
            event.payload,
        )
        for event in events
    ]
    await tx.execute(SAVE_FEED_EVENTS, *zip(*rows, strict=True))
