"""Bulk jobs have a process of their own, kept by the worker: pricing rows must hold up neither relay nor views.

The two share a socket, the child's standard input. The child writes to it as long as it lives; when it is closed, by
the worker or by the worker's death, the child ends after its round.
"""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from libs.common.db import open_pool
from libs.common.log import configure_logging, get_logger
from libs.common.loops import Heartbeats, Loop, run_loop
from libs.common.server import WORKER_GRACE_SECONDS, run, step_back
from services.invoice.job_worker import JobWorker
from services.invoice.settings import InvoiceSettings

log = get_logger(__name__)

_BEAT_SECONDS = 1.0
_SILENT_SECONDS = 30.0
_CONNECTIONS = 2
# Of its session: behind those who answer people, before those who work off what follows, so that rows are issued first.
_NICENESS = 5


async def work(settings: InvoiceSettings) -> None:
    """In the child: work off jobs until the worker is gone."""
    step_back(_NICENESS)
    stop = asyncio.Event()
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=os.dup(0)))
    watching = asyncio.create_task(_watch(reader, stop))
    beating = asyncio.create_task(_beat(writer))
    async with open_pool(settings.database_url, connections=_CONNECTIONS, name="invoice-jobs") as pool:
        promise = timedelta(seconds=settings.promise_seconds)
        worker = JobWorker(pool, promise, rest=settings.job_rest)
        await run_loop(Loop("jobs", worker.step, idle_seconds=0.5), stop, Heartbeats())
    for task in (watching, beating):
        task.cancel()


async def _watch(reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
    with suppress(OSError):
        await reader.read()
    stop.set()


async def _beat(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(_BEAT_SECONDS)


class JobProcess:
    """In the worker: the child, begun again when it ends or falls silent."""

    def __init__(self) -> None:
        self._child: Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def watch(self) -> bool:
        """A round of a loop: hear from the child; raises ChildProcessError where there is nothing to hear."""
        if self._reader is None:
            await self.start()
        assert self._reader is not None  # noqa: S101 - just started
        try:
            heard = await asyncio.wait_for(self._reader.read(64), _SILENT_SECONDS)
        except (TimeoutError, OSError):
            heard = b""
        if not heard:
            await self.stop(patience_seconds=0)
            raise ChildProcessError("the process of the bulk jobs is gone")
        return True

    async def start(self) -> None:
        """Begin the child."""
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own it takes nothing of the worker's share of the processor.
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.invoice.job_process",
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        log.info("job_process_started", child=self._child.pid)

    async def stop(self, *, patience_seconds: float) -> None:
        """Let it finish its round, then insist."""
        if self._child is None or self._writer is None:
            return
        self._writer.close()
        try:
            await asyncio.wait_for(self._child.wait(), patience_seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
        self._child = self._reader = self._writer = None


@asynccontextmanager
async def open_job_process() -> AsyncIterator[Loop]:
    """The loop that keeps it."""
    process = JobProcess()
    try:
        yield Loop("jobs", process.watch, idle_seconds=_BEAT_SECONDS)
    finally:
        await process.stop(patience_seconds=WORKER_GRACE_SECONDS / 2)


def main() -> None:
    settings = InvoiceSettings()
    configure_logging("invoice", settings.log_level)
    run(work(settings))


if __name__ == "__main__":
    main()
