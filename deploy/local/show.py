"""`make status logs`: what one can see of the stack."""

import subprocess
from contextlib import suppress

from deploy.local.process import Process
from deploy.local.processes import make_processes
from deploy.local.stack import Stack
from deploy.local.state import State, find_supervisor, load_report, load_state


def status(stack: Stack) -> None:
    """One line a process; exit code 1 unless all are ready. Steps are shown while they are not done."""
    report = load_report(stack)
    states = [load_state(stack, process, report) for process in make_processes(stack)]
    shown = [state for state in states if state.state != "done"]
    print(f"{'NAME':20} {'STATE':9} {'PID':>8} {'PORT':>6} {'UPTIME':>9} {'MEMORY':>8} {'RESTARTS':>8}")
    for state in shown:
        print(_line(state))
    supervisor = find_supervisor(stack)
    memory = sum(state.memory_bytes for state in states) / 2**20
    print(f"{len(shown)} processes, {memory:.0f} MB; supervisor {supervisor or 'is not running: make up'}")
    if supervisor is None or any(state.state != "ready" for state in shown):
        raise SystemExit(1)


def logs(stack: Stack, pattern: str) -> None:
    """Follow the logs of processes until interrupted."""
    paths = [str(stack.log / f"{process.name}.jsonl") for process in choose(stack, pattern, is_once=True)]
    with suppress(KeyboardInterrupt):
        subprocess.run(["tail", "-n", "50", "-F", *paths], check=False)


def choose(stack: Stack, pattern: str, *, is_once: bool = False) -> list[Process]:
    """The process of that name, or all whose names begin with it: `invoice`, `invoice-api`."""
    processes = [process for process in make_processes(stack) if is_once or not process.is_once]
    chosen = [process for process in processes if process.name == pattern]
    chosen = chosen or [
        process for process in processes if pattern and process.name.startswith(f"{pattern}-")
    ]
    if not chosen:
        names = " ".join(process.name for process in processes)
        raise SystemExit(f"Which process? NAME=… is one of: {names}")
    return chosen


def _line(state: State) -> str:
    pid, port = state.pid or "-", state.port or "-"
    minutes, seconds = divmod(int(state.uptime_seconds), 60)
    uptime = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if state.pid else "-"
    memory = f"{state.memory_bytes / 2**20:.0f} MB" if state.pid else "-"
    note = f"  {state.note}" if state.note and state.state != "ready" else ""
    return f"{state.name:20} {state.state:9} {pid:>8} {port:>6} {uptime:>9} {memory:>8} {state.restarts:>8}{note}"
