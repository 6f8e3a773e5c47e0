"""Watches the business with the authority: announces what is late, and keeps the gauges."""

from collections.abc import Callable
from datetime import datetime

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.outbox import NewEvent, append_many
from services.invoice import metrics
from services.invoice.domain.connector import ConnectorState
from services.invoice.domain.invoice import NumberChannel
from services.invoice.events import invoice_overdue
from services.invoice.queries.authority_figures import load_figures
from services.invoice.store.entitlement import period_of
from services.invoice.store.overdue import claim_overdue

log = get_logger(__name__)

_ROUND = 500


class AuthorityWatcher:
    """Each method is a round of a loop."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def announce_overdue(self) -> bool:
        """Once for each invoice whose promise has passed; True if there may be more."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            late = await claim_overdue(tx, now=now, limit=_ROUND)
            events = [
                NewEvent(each.tenant, each.invoice_id, invoice_overdue(each), each.correlation)
                for each in late
            ]
            await append_many(tx, events, now=now)
        if late:
            log.warning("invoices_overdue", count=len(late))
        return len(late) == _ROUND

    async def measure(self) -> bool:
        """Set the gauges."""
        now = self._clock()
        day = shanghai_day(now)
        async with transaction(self._pool) as tx:
            figures = await load_figures(tx, now=now, year=day.year, period=period_of(day))
        metrics.SUBMISSIONS_OPEN.set(figures.submissions_open)
        metrics.SUBMISSION_OLDEST.set(figures.submission_oldest_seconds)
        metrics.INVOICES_LATE.set(figures.invoices_late)
        metrics.QUOTA_AGE.set(figures.quota_age_seconds)
        metrics.QUOTA_DIFFERENCES.set(figures.quota_differences)
        metrics.NUMBERS_LEFT.labels(NumberChannel.LOCAL_BLOCKS).set(figures.numbers_left)
        for kind, left in figures.stock_left.items():
            metrics.STOCK_LEFT.labels(kind).set(left)
        for state in ConnectorState:
            metrics.CONNECTORS.labels(state).set(figures.connectors.get(state, 0))
        return False
