"""How many files a process prepares for printing at once: the others wait, and beyond that are sent away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.render.print.errors import PrintingBusy


class Turns:
    """Bounds memory and threads, whatever the number of requests."""

    def __init__(self, *, at_once: int = 2, waiting: int = 30) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._places = at_once + waiting

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Raises PrintingBusy where too many wait already."""
        if self._places == 0:
            raise PrintingBusy(retry_after=2)
        self._places -= 1
        try:
            async with self._room:
                yield
        finally:
            self._places += 1
