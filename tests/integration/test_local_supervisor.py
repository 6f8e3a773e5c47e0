"""The supervisor brings back what ends, never gives up, and is not needed by what runs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deploy.local.launch import find_strays
from deploy.local.process import wait_until
from deploy.local.stack import ROOT, Stack
from deploy.local.state import load_report
from tests.helpers.servers import free_ports


class SmallStack:
    """The stack of `tests.helpers.small_stack`, seen from outside."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder, {})
        self.folder = folder
        self.supervisor: subprocess.Popen[bytes] | None = None

    def supervise(self, *arguments: str) -> None:
        with (self.folder / "supervisor.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.helpers.small_stack", str(self.folder), *arguments]
            self.supervisor = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def tell(self, number: signal.Signals) -> None:
        """Send the supervisor a signal and wait for its end."""
        assert self.supervisor is not None
        self.supervisor.send_signal(number)
        self.supervisor.wait(20)

    def pid(self, name: str) -> int:
        return int((self.stack.run / f"{name}.pid").read_text())

    def state(self, name: str) -> str:
        return load_report(self.stack).state(name)

    def restarts(self, name: str) -> int:
        return int(str(load_report(self.stack).processes.get(name, {}).get("restarts", 0)))

    async def until(self, condition: Callable[[], bool]) -> None:
        async def check() -> bool:
            with suppress(FileNotFoundError, ValueError):
                return condition()
            return False

        await wait_until(check, 60, "the small stack")

    async def until_state(self, name: str, state: str) -> None:
        await self.until(lambda: self.state(name) == state)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallStack]:
    stack = SmallStack(tmp_path)
    for folder in (stack.stack.run, stack.stack.log):
        folder.mkdir()
    (tmp_path / "port").write_text(str(free_ports(1)[0]))
    (tmp_path / "wanted").touch()
    yield stack
    if stack.supervisor is not None:
        stack.supervisor.kill()
        stack.supervisor.wait()
    for process in find_strays(stack.stack):
        process.kill()


async def test_supervisor_killed_process_comes_back_under_a_new_pid(small: SmallStack) -> None:
    small.supervise()
    await small.until_state("server", "ready")
    before = small.pid("server")
    os.kill(before, signal.SIGKILL)
    await small.until(lambda: small.pid("server") != before and small.state("server") == "ready")
    assert small.restarts("server") == 1


async def test_supervisor_failing_process_is_tried_again_for_ever(small: SmallStack) -> None:
    small.supervise()
    await small.until(lambda: small.restarts("hopeless") >= 4)
    line = json.loads((small.stack.log / "hopeless.jsonl").read_text().splitlines()[0])
    assert line["event"] == "no hope"
    assert load_report(small.stack).note("hopeless") in {"exit code 3", ""}


async def test_supervisor_step_that_fails_holds_up_what_needs_it(small: SmallStack) -> None:
    (small.folder / "wanted").unlink()
    small.supervise()
    await small.until(lambda: small.restarts("step") >= 2)
    assert small.state("late") == "waiting"
    (small.folder / "wanted").touch()
    await small.until_state("late", "ready")
    assert small.state("step") == "done"


async def test_supervisor_dead_itself_leaves_processes_and_next_one_takes_them_over(
    small: SmallStack,
) -> None:
    small.supervise()
    await small.until_state("late", "ready")
    before = {name: small.pid(name) for name in ("server", "late")}
    small.tell(signal.SIGKILL)
    os.kill(before["late"], signal.SIGKILL)
    (small.folder / "wanted").touch()
    small.supervise()
    await small.until(lambda: small.pid("late") != before["late"] and small.state("late") == "ready")
    assert small.pid("server") == before["server"]
    os.kill(before["server"], signal.SIGKILL)
    await small.until(lambda: small.pid("server") != before["server"])


async def test_supervisor_changed_definition_replaces_only_that_process(small: SmallStack) -> None:
    small.supervise()
    await small.until_state("late", "ready")
    before = {name: small.pid(name) for name in ("server", "stubborn")}
    small.tell(signal.SIGHUP)
    assert psutil.pid_exists(before["server"])
    (small.folder / "wanted").touch()
    small.supervise("  # changed")
    await small.until(lambda: small.pid("server") != before["server"] and small.state("server") == "ready")
    assert small.pid("stubborn") == before["stubborn"]


async def test_supervisor_stopped_process_stays_down_until_wanted(small: SmallStack) -> None:
    small.supervise()
    await small.until_state("server", "ready")
    before = small.pid("server")
    marker = small.stack.run / "server.stopped"
    marker.touch()
    os.kill(before, signal.SIGTERM)
    await small.until_state("server", "stopped")
    marker.unlink()
    await small.until(lambda: small.pid("server") != before and small.state("server") == "ready")


async def test_supervisor_told_to_end_leaves_nothing_behind(small: SmallStack) -> None:
    small.supervise()
    await small.until_state("late", "ready")
    await small.until(lambda: "ready" in (small.stack.log / "stubborn.jsonl").read_text())
    await asyncio.to_thread(small.tell, signal.SIGTERM)
    assert find_strays(small.stack) == []
    assert list(small.stack.run.glob("*.pid")) == []


async def test_supervisor_second_one_leaves_the_first_alone(small: SmallStack) -> None:
    small.supervise()
    await small.until_state("server", "ready")
    first = small.supervisor
    assert first is not None
    small.supervise()
    assert small.supervisor is not None
    assert await asyncio.to_thread(small.supervisor.wait, 20) == 0
    assert first.poll() is None
    small.supervisor = first
