"""A stack whose object store is frozen or away, and a shop that goes on issuing meanwhile."""

import asyncio
import json
import os
import signal
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deploy.local.databases import connected
from deploy.local.demo.client import Answer, Client
from deploy.local.launch import find_running
from deploy.local.postgres import superuser_url
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack

PAUSE_SECONDS = 0.15
PATIENCE_SECONDS = 120.0


class Refusal(NamedTuple):
    """A problem as a client gets it."""

    status: int
    code: str
    is_retryable: bool
    retry_after: int


@dataclass
class Shop:
    """Issues one invoice after the other from a thread of its own; what became of them, by phase."""

    client: Client
    body: dict[str, Any]
    phase: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[None]:
        closing = threading.Event()
        thread = threading.Thread(target=self._run, args=(closing,))
        thread.start()
        try:
            yield
        finally:
            closing.set()
            thread.join()

    def _run(self, closing: threading.Event) -> None:
        number = 0
        while not closing.wait(PAUSE_SECONDS):
            number, phase, began = number + 1, self.phase, time.monotonic()
            to = {"channels": ["email"], "to": {"email": f"down-{number}@example.cn"}}
            body = self.body | {"reference": f"DOWN-{number}", "deliver": to, "tags": [phase]}
            answer = self.client.post("/v1/invoices", body)
            self.seconds.setdefault(phase, []).append(time.monotonic() - began)
            self.answers.setdefault(phase, []).append(answer)

    def wait_for(self, count: int) -> dict[str, Any]:
        """The last of so many invoices of this phase."""
        answers = self.answers.setdefault(self.phase, [])
        wait_until(lambda: len(answers) >= count, timeout_seconds=PATIENCE_SECONDS)
        invoice: dict[str, Any] = answers[-1].expect(201)
        return invoice

    def every_answer(self) -> list[Answer]:
        return [answer for answers in self.answers.values() for answer in answers]

    def median(self, phase: str) -> float:
        return statistics.median(self.seconds[phase])


@dataclass(frozen=True)
class Site:
    """The stack as its operator sees it."""

    running: RunningStack

    def pid(self, name: str) -> int:
        found = find_running(self.running.stack, name)
        assert found is not None, f"{name} does not run"
        return found[0]

    def metric(self, process: str, name: str) -> float:
        port = (self.running.stack.run / f"{process}.port").read_text().strip()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def rows(self, service: str, query: str) -> list[Any]:
        stack = self.running.stack
        port, password = stack.port("OFP_POSTGRES_PORT"), stack.credentials.get("postgres")

        async def fetch() -> list[Any]:
            async with connected(superuser_url(port, password, f"ofp_{service}")) as connection:
                return list(await connection.fetch(query))

        return asyncio.run(fetch())

    def ask(self, path: str) -> Refusal | None:
        """What tenant A is refused with; none if it is not."""
        key = self.running.accounts["A"].api_key
        request = urllib.request.Request(  # noqa: S310 - the stack's own gateway
            self.running.url + path, headers={"Authorization": f"Bearer {key}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
                answer.read()
                return None
        except urllib.error.HTTPError as error:
            with error:
                problem = json.loads(error.read())
                after = int(error.headers["retry-after"])
                return Refusal(error.code, problem["code"], problem["retryable"], after)

    @contextmanager
    def frozen_store(self) -> Iterator[None]:
        pid = self.pid("s3")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def absent_store(self) -> Iterator[None]:
        """Killed, and kept from coming back."""
        (self.running.stack.run / "s3.stopped").touch()
        os.kill(self.pid("s3"), signal.SIGKILL)
        try:
            yield
        finally:
            self.running.command("start", "s3")
