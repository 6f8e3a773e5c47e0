"""The phases of a bench, one after the other on the same stack, each started once the one before has left nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count

from bench.invoices import make_bodies, make_requests
from bench.load import Answer, post_at_rate, post_by_clients
from bench.paths import Path, load_paths, wait_until_quiet
from bench.processes import Seconds, read_cpu, read_memory, subtract
from bench.stack import Target

_QUIET_SECONDS = 120.0
_MEMORY_SECONDS = 5.0
_WARM_RATE, _WARM_SECONDS = 50.0, 6.0
_MOST_A_SECOND = 3000


@dataclass(frozen=True)
class Rest:
    """The stack with nothing to do: cores in use, and bytes of memory."""

    cores: float
    memory: int


@dataclass(frozen=True)
class Run:
    """A load at a fixed rate and what came of it.

    `ended` is when the last request was due. `cpu` in seconds by process, from the first request until nothing was
    left to do, which took `drained_after` seconds from the last answer.
    """

    rate: float
    began: float
    ended: float
    answers: list[Answer]
    paths: list[Path]
    cpu: Seconds
    memory: int
    drained_after: float

    @property
    def completed(self) -> list[float]:
        """When whole paths were complete, in order."""
        return sorted(at for path in self.paths if (at := path.completed) is not None)


class Bench:
    """A stack under measurement."""

    def __init__(self, target: Target, seed: str) -> None:
        self._target = target
        self._seed = seed
        self._bodies = make_bodies(seed)
        self._phases = count(1)

    async def warm_up(self) -> None:
        """Connections, caches, compiled code."""
        await self.run(_WARM_RATE, _WARM_SECONDS)

    async def rest(self, seconds: float) -> Rest:
        pids = self._target.pids
        before, began = read_cpu(pids), time.monotonic()
        await asyncio.sleep(seconds)
        spent = subtract(read_cpu(pids), before)
        return Rest(sum(spent.values()) / (time.monotonic() - began), read_memory(pids))

    async def run(self, rate: float, seconds: float) -> Run:
        """Load at `rate`, then wait until everything has been worked off."""
        requests, pids = self._write_requests(int(rate * seconds)), self._target.pids
        before, began = read_cpu(pids), time.time()
        async with self._watched_memory() as memory:
            answers = await post_at_rate(self._target.port, requests, rate)
        drained_after = await wait_until_quiet(self._target, _QUIET_SECONDS)
        cpu = subtract(read_cpu(pids), before)
        paths = await load_paths(self._target, answers)
        ended = answers[-1].due
        return Run(rate, began, ended, answers, paths, cpu, max(memory, default=0), drained_after)

    async def by_clients(self, clients: int, seconds: float) -> list[Answer]:
        """Closed loop: only the acceptance is of interest, the rest is worked off before the next phase."""
        requests = iter(self._write_requests(int(_MOST_A_SECOND * seconds)))
        answers = await post_by_clients(self._target.port, requests, clients, seconds)
        await wait_until_quiet(self._target, _QUIET_SECONDS)
        return answers

    def _write_requests(self, number: int) -> list[bytes]:
        """Before a phase begins, so that it costs the phase nothing."""
        run = f"{self._seed}-{next(self._phases)}"
        return list(make_requests(self._bodies, number, api_key=self._target.account.api_key, run=run))

    @asynccontextmanager
    async def _watched_memory(self) -> AsyncIterator[list[int]]:
        samples: list[int] = []

        async def watch() -> None:
            while True:
                await asyncio.sleep(_MEMORY_SECONDS)
                samples.append(await asyncio.to_thread(read_memory, self._target.pids))

        watching = asyncio.create_task(watch())
        try:
            yield samples
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
