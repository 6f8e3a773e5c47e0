"""Start one process of the stack, wait until it is ready, stop it: for tests and tools that need no supervision."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from deploy.local.process import Process, wait_until

READY_SECONDS = 60.0


class Running:
    """A started process; `kill` and `start` again is how tests rehearse a crash."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise RuntimeError(f"{self.process.name} is not running")
        return self._child.pid

    async def start(self) -> None:
        """Prepare the data folder, start, and wait until it is ready."""
        await asyncio.to_thread(self.process.prepare)
        with self._log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self.process.command,
                cwd=self.process.directory,
                env={"PATH": os.environ["PATH"], **self.process.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await wait_until(self._is_ready, READY_SECONDS, self.process.name)

    async def kill(self) -> None:
        """SIGKILL, as a crash would."""
        os.kill(self.pid, signal.SIGKILL)
        await self._gone()

    async def stop(self) -> None:
        """Ask, then insist."""
        if self._child is None:
            return
        with suppress(ProcessLookupError):
            self._child.send_signal(self.process.stop_signal)
        try:
            await asyncio.wait_for(self._child.wait(), self.process.stop_seconds)
        except TimeoutError:
            self._child.kill()
        await self._gone()

    async def _gone(self) -> None:
        if self._child is not None:
            await self._child.wait()
        self._child = None

    async def _is_ready(self) -> bool:
        if self._child is None or self._child.returncode is not None:
            raise RuntimeError(f"{self.process.name} ended while starting; see {self._log}")
        return await self.process.is_ready()


@asynccontextmanager
async def running(process: Process, log: Path) -> AsyncIterator[Running]:
    """The process is ready inside the block and gone after it."""
    started = Running(process, log)
    try:
        await started.start()
        yield started
    finally:
        await started.stop()
