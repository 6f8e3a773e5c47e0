"""Runs the processes: an api (public and internal listener) or a worker (loops), until a signal or a failure."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp

from libs.common.consumer import Consumer
from libs.common.health import Health, internal_app
from libs.common.log import flush_logs, get_logger
from libs.common.loops import Loop, run_loop
from libs.common.settings import Settings

log = get_logger(__name__)

# For requests in flight, and for the rounds of a worker's loops; a process must be gone 20 s after it is told to stop.
GRACE_SECONDS = 15
WORKER_GRACE_SECONDS = 12
NICENESS = 10


class _Server(uvicorn.Server):
    """Signals are the process's business, not the listener's."""

    def install_signal_handlers(self) -> None:
        return

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


def _listener(app: ASGIApp, host: str, port: int) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
            backlog=2048,
        )
    )


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop; exit 1 after a failure so that the supervisor starts a new process."""
    # What is loaded by now stays; hunting through it for garbage every 700 allocations would be in vain.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        uvloop.run(main)
    except Exception:
        log.exception("process_failed")
        flush_logs()
        os._exit(1)
    finally:
        flush_logs()


def step_back(niceness: int = NICENESS) -> None:
    """On a busy machine a worker gives way to those who answer people.

    Where Linux shares out the processor between sessions (sched_autogroup), a process's own niceness says nothing
    about other sessions: the session has one of its own.
    """
    os.nice(max(0, niceness - os.nice(0)))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


def stop_on_signal() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve_api(app: ASGIApp, settings: Settings, health: Health) -> None:
    """Serve until a signal; then turn unready, keep serving while balancers notice, and finish what is in flight."""
    stop = stop_on_signal()
    public = _listener(app, settings.http_host, settings.http_port)
    internal = _listener(internal_app(health), settings.http_host, settings.internal_port)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_serve(public)), group.create_task(_serve(internal))]
        waiting = group.create_task(stop.wait())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        health.is_draining = True
        log.info("process_draining", seconds=settings.drain_seconds)
        await asyncio.sleep(settings.drain_seconds)
        public.should_exit = internal.should_exit = True
        waiting.cancel()
    log.info("process_stopped")


async def _serve(server: _Server) -> None:
    await server.serve()
    if not server.should_exit:
        raise RuntimeError("the listener ended by itself")


async def run_worker(
    settings: Settings, health: Health, *, loops: Sequence[Loop], consumer: Consumer | None
) -> None:
    """Run every loop and the consumer until a signal or until one of them fails for good."""
    step_back()
    stop = stop_on_signal()
    internal = _listener(internal_app(health), settings.http_host, settings.internal_port)
    async with asyncio.TaskGroup() as group:
        group.create_task(_serve(internal))
        tasks = [group.create_task(run_loop(loop, stop, health.heartbeats)) for loop in loops]
        if consumer is not None:
            tasks.append(group.create_task(consumer.run(stop, health.heartbeats)))
        await stop.wait()
        health.is_draining = True
        log.info("process_draining")
        _, late = await asyncio.wait(tasks, timeout=WORKER_GRACE_SECONDS)
        for task in late:
            task.cancel()
        internal.should_exit = True
    log.info("process_stopped", late=len(late))
