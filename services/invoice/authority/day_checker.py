"""Compares each taxpayer's days with the authority's daily summary: counts, sums and voided ones of what is settled."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.invoice import metrics
from services.invoice.authority.together import together
from services.invoice.domain.authority import Authority, AuthorityUnavailable, DaySummary
from services.invoice.store.day_check import (
    DueDay,
    OwnDay,
    add_days,
    add_up_day,
    claim_days,
    load_day_figures,
    save_check,
)

log = get_logger(__name__)

_ROUND = 20
# Also after no answer, and while something of the day is under way.
_REST = timedelta(minutes=1)
_RECENT = timedelta(days=40)
# Books that differ for a moment only, because something has just arrived, are no mismatch.
_PERSISTS = timedelta(minutes=2)


class DayChecker:
    """`step()` is a round; the authority is asked at a bounded rate, without a transaction."""

    def __init__(self, pool: Pool, authority: Authority, clock: Callable[[], datetime] = utc_now) -> None:
        self._pool = pool
        self._authority = authority
        self._clock = clock

    async def step(self) -> bool:
        """Always False: the loop rests between rounds."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            await add_days(tx, until=shanghai_day(now), now=now)
            due = await claim_days(tx, now=now, again_at=now + _REST, limit=_ROUND)
        await together(self._check(each) for each in due)
        await self._measure()
        return False

    async def _check(self, due: DueDay) -> None:
        before = await self._add_up(due)
        if before.is_under_way:
            return
        try:
            theirs = await self._authority.add_up_day(due.seller_tax_id, due.day)
        except AuthorityUnavailable as error:
            log.warning("day_not_compared", taxpayer=str(due.taxpayer_id), day=str(due.day), error=str(error))
            return
        if await self._add_up(due) != before:
            return
        difference = subtract(theirs, before.summary)
        if difference is not None:
            log.warning(
                "day_differs", taxpayer=str(due.taxpayer_id), day=str(due.day), difference=str(difference)
            )
        now = self._clock()
        again_at = now + (_REST if difference else rest_of(due.day, shanghai_day(now)))
        async with transaction(self._pool) as tx:
            await save_check(tx, due, difference, now=now, again_at=again_at)

    async def _add_up(self, due: DueDay) -> OwnDay:
        async with transaction(self._pool) as tx:
            return await add_up_day(tx, due)

    async def _measure(self) -> None:
        now = self._clock()
        async with transaction(self._pool) as tx:
            figures = await load_day_figures(
                tx, differing_before=now - _PERSISTS, recent_from=shanghai_day(now - _RECENT)
            )
        metrics.MISMATCHES.labels("bureau").set(figures.differing)
        oldest = max(now - figures.oldest, timedelta(0)) if figures.oldest else timedelta(0)
        metrics.DAY_CHECK_AGE.set(oldest.total_seconds())


def subtract(theirs: DaySummary, ours: DaySummary) -> DaySummary | None:
    """How much more the authority has; None if both are the same."""
    if theirs == ours:
        return None
    return DaySummary(
        theirs.invoices - ours.invoices,
        theirs.amount - ours.amount,
        theirs.tax - ours.tax,
        theirs.voided - ours.voided,
    )


def rest_of(day: date, today: date) -> timedelta:
    """Until a day that agrees is compared again: what is long past changes least."""
    if today - day <= timedelta(days=1):
        return timedelta(minutes=5)
    return timedelta(hours=12) if today - day <= _RECENT else timedelta(days=7)
