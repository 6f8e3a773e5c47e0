"""What is running, from the supervisor's report, pid files and the kernel."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from deploy.local.launch import find_running
from deploy.local.process import Process
from deploy.local.stack import Stack


@dataclass(frozen=True)
class State:
    """One line of `make status`. `uptime_seconds` and `memory_bytes` count children too."""

    name: str
    state: str
    note: str = ""
    pid: int | None = None
    port: int = 0
    uptime_seconds: float = 0.0
    memory_bytes: int = 0
    restarts: int = 0


@dataclass(frozen=True)
class Report:
    """As the supervisor wrote it last; empty if it never did."""

    started_at: float
    processes: dict[str, dict[str, object]]

    def state(self, name: str) -> str:
        return str(self.processes.get(name, {}).get("state", "waiting"))

    def note(self, name: str) -> str:
        return str(self.processes.get(name, {}).get("note", ""))


def load_report(stack: Stack) -> Report:
    try:
        return Report(**json.loads((stack.run / "state.json").read_text()))
    except FileNotFoundError:
        return Report(0.0, {})


def find_supervisor(stack: Stack) -> int | None:
    """Its pid while it lives."""
    with suppress(OSError, ValueError, psutil.Error):
        pid = int((stack.run / "supervisor.pid").read_text())
        process = psutil.Process(pid)
        if "supervise" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
            return pid
    return None


def load_state(stack: Stack, process: Process, report: Report) -> State:
    """What is true now: a dead process is `down` whatever was reported before."""
    state, note = report.state(process.name), report.note(process.name)
    restarts = int(str(report.processes.get(process.name, {}).get("restarts", 0)))
    if process.is_once:
        return State(process.name, state, note, restarts=restarts)
    found = find_running(stack, process.name)
    if found is None:
        down = state if state in {"stopped", "failed", "waiting"} else "down"
        return State(process.name, down, note, port=process.port, restarts=restarts)
    with suppress(psutil.Error):
        running = psutil.Process(found[0])
        uptime = time.time() - running.create_time()
        family = [running, *running.children(recursive=True)]
        return State(process.name, state, note, running.pid, process.port, uptime, _memory(family), restarts)
    return State(process.name, "down", note, port=process.port, restarts=restarts)


def _memory(family: list[psutil.Process]) -> int:
    """Proportional share, so that what processes have in common counts once."""
    total = 0
    for process in family:
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total
