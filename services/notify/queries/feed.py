"""Reads of the event feed."""

from typing import Any

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.events import Envelope, structured
from libs.common.ids import TenantId
from services.notify.domain.feed import without_places

LIST_FEED = """
select position, id, source, type, subject, sequence, time, correlation_id, traceparent, payload
from feed_events
where tenant_id = $1 and position > $2
order by position
limit $3
"""


async def list_feed(
    tx: Tx, tenant: TenantId, *, after: int, limit: int, shows_places: bool
) -> tuple[list[dict[str, Any]], int]:
    """The next events as structured CloudEvents, and the position of the last (`after` if there is none)."""
    rows = await tx.fetch(LIST_FEED, tenant, after, limit)
    payloads = (
        row["payload"] if shows_places else without_places(row["type"], row["payload"]) for row in rows
    )
    events = [structured(_envelope(row, tenant), each) for row, each in zip(rows, payloads, strict=True)]
    return events, rows[-1]["position"] if rows else after


def _envelope(row: Any, tenant: TenantId) -> Envelope:
    return Envelope(
        id=row["id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        tenant=tenant,
        sequence=row["sequence"],
        time=row["time"],
        correlation=Correlation(row["correlation_id"], row["traceparent"]),
    )
