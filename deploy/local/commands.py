"""`make up down restart start stop clean`: what changes the stack."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import psutil

from deploy.local.broker import copy_jars
from deploy.local.demo_env import write_demo_env
from deploy.local.launch import find_running, find_strays
from deploy.local.ports import find_conflicts
from deploy.local.process import Process
from deploy.local.processes import make_processes, missing_programs
from deploy.local.show import choose
from deploy.local.stack import ROOT, Stack
from deploy.local.state import find_supervisor, load_report

UP_SECONDS = 120.0
DOWN_SECONDS = 60.0
POLL_SECONDS = 0.1


def up(stack: Stack) -> None:
    """Start what is not running, replace what has changed, and wait until everything is ready."""
    began = time.time()
    for folder in (stack.run, stack.log):
        folder.mkdir(parents=True, exist_ok=True)
    _leave_supervisor(stack)
    processes = make_processes(stack)
    _end_strays(stack, processes)
    conflicts = find_conflicts(each for each in processes if not find_running(stack, each.name))
    if conflicts:
        raise SystemExit("\n".join(conflicts))
    copy_jars(stack.jars)
    for marker in stack.run.glob("*.stopped"):
        marker.unlink()
    for name in missing_programs():
        print(f"  -     {name} is not there yet and left out")
    _spawn_supervisor(stack)
    _wait_until_ready(stack, processes, began)
    write_demo_env(stack)
    print(
        f"The stack is up: http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')} (make status, make logs NAME=…)"
    )


def down(stack: Stack) -> None:
    """End everything; data stays."""
    supervisor = find_supervisor(stack)
    if supervisor is not None:
        os.kill(supervisor, signal.SIGTERM)
        _wait(lambda: find_supervisor(stack) is None, DOWN_SECONDS, "the supervisor does not end")
    _end(find_strays(stack))
    for path in (*stack.run.glob("*.pid"), *stack.run.glob("*.stopped")):
        path.unlink()
    print(f"The stack is down; its data is kept in {stack.shown(stack.local)} (make clean removes it).")


def stop(stack: Stack, pattern: str) -> None:
    """End processes and keep them down until `start` or `up`."""
    for process in choose(stack, pattern):
        (stack.run / f"{process.name}.stopped").touch()
        _end_one(stack, process)
        print(f"  ok    {process.name} is stopped")


def start(stack: Stack, pattern: str) -> None:
    """Undo `stop`."""
    for process in choose(stack, pattern):
        (stack.run / f"{process.name}.stopped").unlink(missing_ok=True)
        _wait_until_back(stack, process, None)


def restart(stack: Stack, pattern: str) -> None:
    """End processes; the supervisor starts them again."""
    for process in choose(stack, pattern):
        before = find_running(stack, process.name)
        (stack.run / f"{process.name}.stopped").unlink(missing_ok=True)
        _end_one(stack, process)
        _wait_until_back(stack, process, before[0] if before else None)


def migrate(stack: Stack) -> None:
    """Apply the migrations of every service to the running databases, one service after the other."""
    for process in make_processes(stack):
        if process.name.startswith("migrate-"):
            environment = {"PATH": os.environ["PATH"], **process.environment}
            done = subprocess.run(process.command, cwd=process.directory, env=environment, check=False)
            if done.returncode:
                raise SystemExit(f"{process.name} failed")
            print(f"  ok    {process.name}")


def clean(stack: Stack) -> None:
    """`down`, then remove all data but the downloads."""
    down(stack)
    for path in stack.local.iterdir():
        if path.name == "kafka":
            shutil.rmtree(path / "data", ignore_errors=True)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    print("Data, logs and secrets of the local stack are removed.")


def _leave_supervisor(stack: Stack) -> None:
    """End the supervisor alone: the next one reads the present process table and takes over what runs."""
    supervisor = find_supervisor(stack)
    if supervisor is not None:
        os.kill(supervisor, signal.SIGHUP)
        _wait(lambda: find_supervisor(stack) is None, DOWN_SECONDS, "the supervisor does not end")


def _spawn_supervisor(stack: Stack) -> None:
    with (stack.log / "supervisor.jsonl").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "supervise"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_ready(stack: Stack, processes: Sequence[Process], began: float) -> None:
    """Print each as it becomes ready; give up with what is known about the others."""
    waiting = {process.name: process for process in processes}
    deadline = time.monotonic() + UP_SECONDS
    while waiting and time.monotonic() < deadline:
        report = load_report(stack)
        for name in list(waiting):
            if report.started_at >= began and report.state(name) in {"ready", "done"}:
                process = waiting.pop(name)
                port = f"127.0.0.1:{process.port}" if process.port else ""
                print(f"  ok    {name:20} {port:16} {time.time() - began:5.1f} s", flush=True)
        time.sleep(POLL_SECONDS)
    if waiting:
        report = load_report(stack)
        lines = [
            f"  {report.state(name):9} {name}: {_last_words(stack, report.note(name), name)}"
            for name in waiting
        ]
        raise SystemExit("\n".join(["Not ready:", *lines]))


def _wait_until_back(stack: Stack, process: Process, before: int | None) -> None:
    began = time.monotonic()

    def is_back() -> bool:
        found = find_running(stack, process.name)
        is_new = found is not None and found[0] != before
        return is_new and load_report(stack).state(process.name) == "ready"

    if find_supervisor(stack) is None:
        raise SystemExit("The supervisor is not running: make up")
    _wait(is_back, UP_SECONDS, f"{process.name} is not ready; see make logs NAME={process.name}")
    print(f"  ok    {process.name} is ready after {time.monotonic() - began:.1f} s")


def _last_words(stack: Stack, note: str, name: str) -> str:
    log = stack.log / f"{name}.jsonl"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " ".join([note, *(line[:400] for line in lines[-1:])]) or "waits for others"


def _end_one(stack: Stack, process: Process) -> None:
    found = find_running(stack, process.name)
    if found is not None:
        _end([psutil.Process(found[0])], process.stop_signal, process.stop_seconds)


def _end_strays(stack: Stack, processes: Sequence[Process]) -> None:
    """What carries the stack's mark but belongs to no pid file, and children that outlived their parent."""
    known = {found[0] for process in processes if (found := find_running(stack, process.name))}
    strays = []
    for process in find_strays(stack):
        with suppress(psutil.Error):
            if known.isdisjoint({process.pid, *(parent.pid for parent in process.parents())}):
                strays.append(process)
    _end(strays)


def _end(
    processes: Iterable[psutil.Process],
    number: signal.Signals = signal.SIGTERM,
    patience_seconds: float = 10.0,
) -> None:
    """Ask, then insist."""
    asked = list(processes)
    for process in asked:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    _, alive = psutil.wait_procs(asked, patience_seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, patience_seconds)


def _wait(condition: Callable[[], bool], timeout_seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(complaint)
        time.sleep(POLL_SECONDS)
