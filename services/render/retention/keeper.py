"""Loops that look after what is stored: locks become long, longer terms reach old objects, orphans are removed."""

import asyncio
from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.object_store import StoreUnavailable
from services.render.archive import Archive
from services.render.domain import Put, ShortLocked
from services.render.metrics import ORPHANED_OBJECTS, SHORT_LOCKED_OBJECTS, SOONEST_LAPSE_SECONDS
from services.render.queries import measure_locks
from services.render.store import retention as store

log = get_logger(__name__)

LOCKS_AT_ONCE = 50
LEASE = timedelta(minutes=1)
PUTS_AT_ONCE = 20
# Clocks of the store and of the platform may differ by so much.
SWEEP_AFTER = timedelta(minutes=1)
OBJECTS_AT_ONCE = 1000
# A renderer that is recording at this moment may not know of the choice yet.
APPLY_AFTER = timedelta(minutes=1)


class Keeper:
    """Each method is a loop's step; several may run at once. Raises StoreUnavailable while the archive is away."""

    def __init__(self, pool: Pool, archive: Archive) -> None:
        self._pool = pool
        self._archive = archive

    async def extend_locks(self) -> bool:
        """Lock objects that documents refer to for as long as they are to be kept."""
        now = utc_now()
        async with transaction(self._pool) as tx:
            claimed = await store.claim_short_locked(tx, LOCKS_AT_ONCE, now=now, until=now + LEASE)
        if not claimed:
            return False
        outcomes = await asyncio.gather(*map(self._archive.extend, claimed), return_exceptions=True)
        extended, error = _sort_outcomes(claimed, outcomes)
        async with transaction(self._pool) as tx:
            await store.save_locks(tx, extended)
        if error is not None:
            raise error
        return len(claimed) == LOCKS_AT_ONCE

    async def apply_choices(self) -> bool:
        """Keep what is stored already for as long as its tenant has chosen since."""
        now = utc_now()
        async with transaction(self._pool) as tx:
            choice = await store.claim_choice(tx, before=now - APPLY_AFTER)
            if choice is None:
                return False
            await store.apply_choice(tx, choice, OBJECTS_AT_ONCE, now=now)
        return True

    async def sweep_orphans(self) -> bool:
        """Remove what killed workers have stored and not recorded, once its lock has run out."""
        now = utc_now()
        async with transaction(self._pool) as tx:
            puts = await store.claim_left_puts(tx, PUTS_AT_ONCE, before=now - SWEEP_AFTER, now=now)
        for put in puts:
            await self._sweep(put)
        return len(puts) == PUTS_AT_ONCE

    async def _sweep(self, put: Put) -> None:
        """A version that a row names is never touched; one that is still locked is tried again later."""
        async with transaction(self._pool) as tx:
            named = await store.list_named_versions(tx, put)
        if named is None:
            return
        removed = await self._archive.remove(put, keep=named)
        async with transaction(self._pool) as tx:
            await store.delete_put(tx, put)
        ORPHANED_OBJECTS.inc(removed)
        log.info("orphans_removed", key=put.key, objects=removed)

    async def measure(self) -> bool:
        async with transaction(self._pool) as tx:
            objects, seconds = await measure_locks(tx)
        SHORT_LOCKED_OBJECTS.set(objects)
        SOONEST_LAPSE_SECONDS.set(seconds)
        return False


def _sort_outcomes(
    claimed: list[ShortLocked], outcomes: list[bool | BaseException]
) -> tuple[list[ShortLocked], StoreUnavailable | None]:
    """Those that are locked for long now, and why the archive refused the others."""
    extended: list[ShortLocked] = []
    error: StoreUnavailable | None = None
    for one, outcome in zip(claimed, outcomes, strict=True):
        if isinstance(outcome, StoreUnavailable):
            error = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
        elif outcome:
            extended.append(one)
    return extended, error
