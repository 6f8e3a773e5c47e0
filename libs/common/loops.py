"""Worker loops: rounds that repeat until the process is told to stop, and never die of one bad round."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from libs.common.log import get_logger
from libs.common.metrics import LOOP_FAILURES, LOOP_LAST_SUCCESS
from libs.common.problems import Unavailable

log = get_logger(__name__)

_LONGEST_PAUSE = 10.0
STUCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """When each loop last turned (monotonic seconds); liveness asks it, dependencies do not matter here."""

    stuck_seconds: float = STUCK_SECONDS
    _last: dict[str, float] = field(default_factory=dict)

    def beat(self, loop: str, *, rest_seconds: float = 0.0) -> None:
        """The loop turned; it is silent for `rest_seconds` on purpose."""
        self._last[loop] = time.monotonic() + rest_seconds

    def stuck(self) -> list[str]:
        """Loops that have not turned for `stuck_seconds`."""
        now = time.monotonic()
        return [loop for loop, last in self._last.items() if now - last > self.stuck_seconds]


@dataclass(frozen=True, slots=True)
class Loop:
    """`step()` does a round and says whether there is more to do at once; `idle_seconds` is the rest between."""

    name: str
    step: Callable[[], Awaitable[bool]]
    idle_seconds: float


async def run_loop(loop: Loop, stop: asyncio.Event, heartbeats: Heartbeats) -> None:
    """Rounds until `stop`; failures are logged, counted and followed by a growing, jittered pause."""
    failures = 0
    while not stop.is_set():
        heartbeats.beat(loop.name)
        try:
            has_more = await loop.step()
        except Exception as error:  # noqa: BLE001 - a loop outlives every bad round; it is counted and logged
            failures += 1
            _report(loop, error, failures)
            await pause(stop, backoff_seconds(failures))
        else:
            failures = 0
            LOOP_LAST_SUCCESS.labels(loop.name).set_to_current_time()
            if not has_more:
                heartbeats.beat(loop.name, rest_seconds=loop.idle_seconds)
                await pause(stop, loop.idle_seconds)


def _report(loop: Loop, error: Exception, failures: int) -> None:
    LOOP_FAILURES.labels(loop.name).inc()
    if isinstance(error, Unavailable | OSError | TimeoutError):
        log.warning("loop_round_failed", loop=loop.name, error=repr(error), failures=failures)
    else:
        log.error("loop_round_failed", loop=loop.name, failures=failures, exc_info=error)


def backoff_seconds(failures: int) -> float:
    """0.1 s doubling to 10 s, with jitter of ±50 %."""
    seconds = min(_LONGEST_PAUSE, 0.1 * 2.0 ** min(failures - 1, 10))
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - jitter


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when the process is told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
