"""Work that outlasts a loop's round: the step starts it, then looks after it and keeps its lease."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

Claim = TypeVar("Claim")

# A step returns at least this often, so that the lease is kept and the loop shows that it lives.
_LOOK_SECONDS = 2.0


class LongWork(Generic[Claim]):
    """One piece at a time. `hold` says whether it is still ours; `settle` gets the task when it has ended."""

    def __init__(
        self,
        *,
        claim: Callable[[], Awaitable[Claim | None]],
        make: Callable[[Claim], Coroutine[Any, Any, Any]],
        hold: Callable[[Claim], Awaitable[bool]],
        settle: Callable[[Claim, "asyncio.Task[Any]"], Awaitable[None]],
    ) -> None:
        self._claim, self._make, self._hold, self._settle = claim, make, hold, settle
        self._running: tuple[Claim, asyncio.Task[Any]] | None = None

    async def step(self) -> bool:
        """True while there is something to look after."""
        if self._running is None:
            claimed = await self._claim()
            if claimed is None:
                return False
            self._running = claimed, asyncio.create_task(self._make(claimed))
            return True
        claimed, work = self._running
        await asyncio.wait({work}, timeout=_LOOK_SECONDS)
        if work.done():
            self._running = None
            await self._settle(claimed, work)
        elif not await self._hold(claimed):
            work.cancel()
        return True

    async def close(self) -> None:
        """Let go of what is under way; another worker begins it anew when the lease is over."""
        if self._running is not None:
            self._running[1].cancel()
            await asyncio.wait({self._running[1]}, timeout=5)
