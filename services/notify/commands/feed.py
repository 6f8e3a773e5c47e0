"""What events do to the feed."""

from collections.abc import Sequence
from dataclasses import replace

from libs.common.db import Tx
from services.notify.domain.feed import FeedEvent, in_causal_order, shown_payload
from services.notify.store.feed import save_feed_events


async def extend_feed(tx: Tx, events: Sequence[FeedEvent]) -> None:
    """Append what of the events is shown to their tenants."""
    shown = [
        replace(event, payload=payload)
        for event in in_causal_order(events)
        if (payload := shown_payload(event.type, event.payload)) is not None
    ]
    if shown:
        await save_feed_events(tx, shown)
