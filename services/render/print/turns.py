"""How much a process draws for requests at once: the others wait, each tenant's up to a bound."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.ids import TenantId
from libs.common.problems import TooManyRequests
from services.render.print.errors import PrintingBusy


class Turns:
    """Bounds memory and threads, whatever the number of requests, and what one tenant makes others wait for."""

    def __init__(
        self, *, at_once: int = 2, of_tenant: int = 10, busy: type[TooManyRequests] = PrintingBusy
    ) -> None:
        self._busy = busy
        self._room = asyncio.Semaphore(at_once)
        self._most = of_tenant
        self._taken: Counter[TenantId] = Counter()

    @asynccontextmanager
    async def take(self, tenant: TenantId) -> AsyncIterator[None]:
        """First come, first served. Raises `busy` where too many of the tenant are on their way already."""
        if self._taken[tenant] >= self._most:
            raise self._busy(retry_after=2)
        self._taken[tenant] += 1
        try:
            async with self._room:
                yield
        finally:
            self._taken[tenant] -= 1
            self._taken += Counter()  # forgets those without any
