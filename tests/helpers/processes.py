"""Processes that tests start, freeze, kill and end: services as they are run, and small programs of tests."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from deploy.local.process import http_check, wait_until
from tests.helpers.sandbox_programs import end_with_parent
from tests.helpers.sandbox_programs import wait_until as wait_for
from tests.helpers.servers import ROOT, free_ports, make_server


class Child:
    """A running process. Its log holds one JSON object a line, other lines are left out."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    @property
    def pid(self) -> int:
        return self._process.pid

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask it to end; `wait` for it."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    async def is_frozen(self) -> bool:
        assert self._process.poll() is None, self.text()
        return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)

    async def wait(self, seconds: float) -> int:
        """Its exit code; raises TimeoutExpired."""
        return await asyncio.to_thread(self._process.wait, seconds)

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def text(self) -> str:
        """What it wrote."""
        return self._log.read_text("utf-8")

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log lines of that event."""
        found = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]


@contextmanager
def child(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[Child]:
    """`python COMMAND` inside the block at most: it is killed at its end, and when the test process dies."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    with _started([sys.executable, *command], log, variables, ROOT) as started:
        yield started


@contextmanager
def own_kafka(folder: Path) -> Iterator[tuple[Child, str]]:
    """A broker that the test may freeze or kill, and its bootstrap address."""
    process, address = make_server("kafka", folder)
    process.prepare()
    log = folder / "kafka.log"
    with _started(process.command, log, process.environment, process.directory) as broker:
        wait_for(lambda: _answers(process.port), timeout_seconds=60)
        yield broker, str(address["url"])


@contextmanager
def _started(
    command: Sequence[str], log: Path, environment: Mapping[str, str], directory: Path
) -> Iterator[Child]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - one call that needs no lock
        )
    try:
        yield Child(process, log)
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Service:
    """A service's process and where it answers."""

    def __init__(self, running: Child, port: int, internal_port: int) -> None:
        self.child = running
        self.url = f"http://127.0.0.1:{port}"
        self.internal_url = f"http://127.0.0.1:{internal_port}"

    async def until_ready(self) -> None:
        check = http_check(f"{self.internal_url}/health/ready")

        async def is_ready() -> bool:
            assert not self.child.has_ended(), self.child.text()
            return await check()

        await wait_until(is_ready, 60, "the service")


@contextmanager
def service(name: str, role: str, folder: Path, **environment: object) -> Iterator[Service]:
    """`python -m services.NAME ROLE` with `OFP_…` settings given in lower case without the prefix."""
    port, internal_port = free_ports(2)
    settings = {"environment": "local", "http_port": port, "internal_port": internal_port} | environment
    variables = {f"OFP_{key.upper()}": str(value) for key, value in settings.items()}
    log = folder / f"{name}-{role}-{port}.jsonl"
    with child(["-m", f"services.{name}", role], log, variables) as running:
        yield Service(running, port, internal_port)
