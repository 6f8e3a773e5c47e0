"""Heeds callbacks: what they are about is asked for at the authority next, whatever they say of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from services.invoice.store.callback import forget_callbacks, heed_callbacks

_ROUND = 500
# So long a repeat is known as one.
_REMEMBERED = timedelta(minutes=10)


class CallbackWorker:
    """`step()` is one round."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def step(self) -> bool:
        """True if there may be more."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            count = await heed_callbacks(tx, now=now, limit=_ROUND)
            await forget_callbacks(tx, before=now - _REMEMBERED, limit=_ROUND)
        return count == _ROUND
