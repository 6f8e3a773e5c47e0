"""Strikes: kills and freezes processes of this run's stack by pid, and gives the bureau bad days."""

import asyncio
import json
import os
import signal
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress

from tests.chaos.ground import Ground
from tests.chaos.history import History
from tests.chaos.schedule import BAD_DAYS, Fault

POLL_SECONDS = 0.05
BACK_SECONDS = 45.0


class Striker:
    """Each fault is told of in one line when its effect is known."""

    def __init__(self, ground: Ground, bureau: str, history: History) -> None:
        self._ground = ground
        self._bureau = bureau
        self._history = history
        self.last_at = time.time()

    async def carry_out(self, schedule: Sequence[Fault]) -> None:
        """Returns when everything that was killed is back."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in schedule:
                await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
                group.create_task(self._strike(fault))
        for mode in BAD_DAYS:
            await self._order(mode, 0)

    async def _strike(self, fault: Fault) -> None:
        began_at = time.time()
        back: float | None = 0.0
        match fault.kind:
            case "kill":
                back = await self._kill(fault.target)
                ended_at = began_at
                told = "did NOT come back" if back is None else f"back after {back:.1f} s"
            case "freeze":
                await self._freeze(fault.target, fault.seconds)
                ended_at = time.time()
                told = f"for {fault.seconds} s"
            case _:
                await self._order(fault.target, fault.count)
                ended_at = began_at
                told = f"for {fault.count} calls"
        self.last_at = max(self.last_at, ended_at)
        self._history.write(
            "strike",
            fault=fault.kind,
            target=fault.target,
            began_at=began_at,
            ended_at=ended_at,
            came_back_after=back,
        )
        print(f"  {fault.at:6.1f} s  {fault.kind:8} {fault.target:20} {told}", flush=True)

    async def _kill(self, name: str) -> float | None:
        """Seconds until it was ready again."""
        pid = await self._find(name)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        while time.monotonic() - began < BACK_SECONDS:
            await asyncio.sleep(POLL_SECONDS)
            if self._ground.pid(name) not in {None, pid} and self._ground.is_ready(name):
                return time.monotonic() - began
        return None

    async def _freeze(self, name: str, seconds: float) -> None:
        descriptor = os.pidfd_open(await self._find(name))
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGCONT)
            os.close(descriptor)

    async def _find(self, name: str) -> int:
        """Its pid; another fault may have ended it a moment ago."""
        for _ in range(int(BACK_SECONDS / POLL_SECONDS)):
            if (pid := self._ground.pid(name)) is not None:
                return pid
            await asyncio.sleep(POLL_SECONDS)
        raise RuntimeError(f"{name} is not running")

    async def _order(self, mode: str, count: int) -> None:
        """The bureau itself may be down just now."""
        for _ in range(int(BACK_SECONDS)):
            with suppress(OSError):
                await asyncio.to_thread(
                    _post, f"{self._bureau}/control/faults", {"mode": mode, "count": count}
                )
                return
            await asyncio.sleep(1.0)
        raise RuntimeError("the bureau does not answer")


def _post(url: str, body: object) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - the run's own bureau
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310
        pass
