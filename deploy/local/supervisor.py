"""Keeps the stack's processes running: starts them in order, starts again whatever ends, and never gives up.

Told by files and signals only: NAME.stopped keeps a process down, SIGTERM ends the stack, SIGHUP ends the supervisor
alone. Processes do not depend on it: the next supervisor takes over what still runs.
"""

import asyncio
import fcntl
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from deploy.local.launch import find_running, mark, start, write_file
from deploy.local.process import Process, wait_until
from deploy.local.stack import Stack
from deploy.local.watched import Watched

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 2.0
STEADY_SECONDS = 10.0


class Supervisor:
    """One task a process."""

    def __init__(self, stack: Stack, processes: Sequence[Process]) -> None:
        self._stack = stack
        self._processes = processes
        self._watched: dict[str, Watched] = {}
        self._ready = {process.name: asyncio.Event() for process in processes}
        self._restarts = dict.fromkeys(self._ready, 0)
        self._states: dict[str, dict[str, object]] = {name: {"state": "waiting"} for name in self._ready}
        self._started_at = time.time()

    async def run(self) -> signal.Signals:
        """Until SIGTERM (everything is stopped) or SIGHUP (all of it goes on); returns which."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[signal.Signals] = asyncio.Queue()
        for each in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, told.put_nowait, each)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(process)) for process in self._processes]
            number = await told.get()
            for keeper in keepers:
                keeper.cancel()
        if number == signal.SIGTERM:
            await loop.shutdown_default_executor()  # a start in progress has now left its pid file
            await self._stop_all()
        return number

    async def _keep(self, process: Process) -> None:
        for name in process.needs:
            await self._ready[name].wait()
        delay = FIRST_DELAY_SECONDS
        while True:
            await self._wait_while_stopped(process)
            began = time.monotonic()
            note = await self._live_once(process)
            if process.is_once and note == "exit code 0":
                self._ready[process.name].set()
                self._report(process, "done")
                return
            self._report(process, "failed", note=note)
            delay = FIRST_DELAY_SECONDS if time.monotonic() - began > STEADY_SECONDS else delay * 2
            await asyncio.sleep(min(delay, LONGEST_DELAY_SECONDS))
            self._restarts[process.name] += 1

    async def _live_once(self, process: Process) -> str:
        """From start to end; says how it ended."""
        try:
            watched = self._watched[process.name] = await self._take_over(process) or await self._start(
                process
            )
        except (OSError, RuntimeError, subprocess.SubprocessError) as failure:
            return f"cannot start: {failure}"
        announcing = asyncio.create_task(self._announce_ready(process))
        try:
            code = await watched.wait()
        finally:
            announcing.cancel()
        del self._watched[process.name]
        watched.close()
        return f"exit code {code}" if code is None or code >= 0 else f"killed by {signal.Signals(-code).name}"

    async def _take_over(self, process: Process) -> Watched | None:
        """The process as an earlier supervisor left it; one with an old definition is ended first."""
        found = find_running(self._stack, process.name)
        if found is None:
            return None
        with suppress(ProcessLookupError):
            watched = Watched(found[0])
            if found[1] == mark(self._stack, process) and not process.is_once:
                log("process_taken_over", process=process.name, pid=watched.pid)
                return watched
            await watched.stop(process.stop_signal, process.stop_seconds)
            watched.close()
        return None

    async def _start(self, process: Process) -> Watched:
        self._report(process, "starting")
        return Watched(await asyncio.to_thread(start, self._stack, process))

    async def _announce_ready(self, process: Process) -> None:
        if process.is_once:
            return
        await wait_until(process.is_ready, math.inf, process.name)
        self._report(process, "ready")
        self._ready[process.name].set()

    async def _wait_while_stopped(self, process: Process) -> None:
        marker = self._stack.run / f"{process.name}.stopped"

        async def is_wanted() -> bool:
            return not marker.exists()

        if not await is_wanted():
            self._report(process, "stopped")
            await wait_until(is_wanted, math.inf, process.name)

    async def _stop_all(self) -> None:
        """Those that need others end before them; the independent ones of each step end together."""
        for step in reversed(in_steps(self._processes)):
            await asyncio.gather(*(self._stop(process) for process in step))

    async def _stop(self, process: Process) -> None:
        found = find_running(self._stack, process.name)
        if found is not None:
            with suppress(ProcessLookupError):
                await Watched(found[0]).stop(process.stop_signal, process.stop_seconds)
        (self._stack.run / f"{process.name}.pid").unlink(missing_ok=True)
        self._report(process, "stopped")

    def _report(self, process: Process, state: str, note: str = "") -> None:
        log("process_state_changed", process=process.name, state=state, note=note)
        restarts = self._restarts[process.name]
        self._states[process.name] = {"state": state, "note": note, "restarts": restarts}
        report = {"started_at": self._started_at, "processes": self._states}
        write_file(self._stack.run / "state.json", json.dumps(report))


def in_steps(processes: Sequence[Process]) -> list[list[Process]]:
    """Grouped so that each needs only what stands in earlier groups."""
    steps: list[list[Process]] = []
    placed: set[str] = set()
    while waiting := [process for process in processes if process.name not in placed]:
        step = [process for process in waiting if placed.issuperset(process.needs)]
        if not step:
            raise ValueError(f"needs that nobody meets: {[process.name for process in waiting]}")
        steps.append(step)
        placed |= {process.name for process in step}
    return steps


def log(event: str, **fields: object) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"timestamp": now, "event": event, **fields}, ensure_ascii=False), flush=True)


def supervise(stack: Stack, processes: Sequence[Process]) -> None:
    """The program: one a stack, whoever tries first."""
    with (stack.run / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        write_file(stack.run / "supervisor.pid", f"{os.getpid()}\n")
        log("supervisor_started", pid=os.getpid())
        number = asyncio.run(Supervisor(stack, processes).run())
        log("supervisor_told", signal=number.name)
        (stack.run / "supervisor.pid").unlink()
