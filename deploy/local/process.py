"""One process of the local stack as data: what is run, with which environment, and how one knows it is ready."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg

Check = Callable[[], Awaitable[bool]]

CHECK_SECONDS = 2.0


async def ready_at_once() -> bool:
    """For a process that offers nothing to connect to."""
    return True


@dataclass(frozen=True, kw_only=True)
class Process:
    """A long-running process, or with `is_once` a step that must succeed before those that need it start."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path
    # Where health or the protocol itself answers; written to NAME.port.
    port: int = 0
    # Every port it binds, by the variable that moves it.
    ports: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    is_ready: Check = ready_at_once
    # Runs before each start: creates the data folder, clears what a killed predecessor left behind.
    prepare: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0
    is_once: bool = False
    # Lines that are not JSON are wrapped, so that every log is JSON lines.
    is_log_text: bool = False


def tcp_check(port: int) -> Check:
    """Ready when the port accepts."""

    async def check() -> bool:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), CHECK_SECONDS)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return check


def http_check(url: str) -> Check:
    """Ready when the address answers 200."""

    async def check() -> bool:
        timeout = aiohttp.ClientTimeout(total=CHECK_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    return check


def postgres_check(url: str) -> Check:
    """Ready when a query is answered: an accepting port may still be recovering."""

    async def check() -> bool:
        try:
            connection = await asyncpg.connect(url, timeout=CHECK_SECONDS)
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ):
            return False
        await connection.close()
        return True

    return check


async def wait_until(check: Check, timeout_seconds: float, what: str) -> None:
    """Poll until ready; raises TimeoutError that names `what`."""
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while not await check():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"{what} is not ready after {timeout_seconds:.0f} s")
        await asyncio.sleep(0.05)
