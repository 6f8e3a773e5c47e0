"""What the stack's processes use: CPU seconds by part, and memory of the Python ones."""

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

import psutil

Seconds: TypeAlias = dict[str, float]

GENERATOR = "generator"
SERVERS = ("postgres", "kafka", "s3", "gateway")
_BACKEND = re.compile(r"postgres: (?:ofp_)?(\S+)")


def read_cpu(pids: Mapping[str, int]) -> Seconds:
    """User and system time of every thread since each process began, the bench's own as `generator`.

    Postgres is told apart by role: `postgres invoice_api`, `postgres checkpointer`, ….
    """
    seconds: Seconds = {GENERATOR: _spent(psutil.Process(os.getpid()))}
    for name, pid in pids.items():
        if name == "postgres":
            seconds |= _read_postgres(psutil.Process(pid))
        else:
            seconds[name] = sum(map(_spent, _with_children(pid)))
    return seconds


def _with_children(pid: int) -> list[psutil.Process]:
    """The process and those it keeps, as the worker keeps the one of the bulk jobs."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def subtract(later: Seconds, earlier: Seconds) -> Seconds:
    """What was spent in between; a backend that has ended is in the postmaster's share, and negative in its own."""
    return {name: later.get(name, 0.0) - earlier.get(name, 0.0) for name in {**later, **earlier}}


def _read_postgres(postmaster: psutil.Process) -> Seconds:
    """The postmaster's own share counts the backends that have ended."""
    seconds: Seconds = defaultdict(float)
    seconds["postgres postmaster"] = _spent(postmaster, is_with_ended=True)
    for child in postmaster.children():
        with suppress(psutil.Error):
            match = _BACKEND.match(" ".join(child.cmdline()))
            seconds[f"postgres {match[1] if match else 'other'}"] += _spent(child)
    return seconds


def _spent(process: psutil.Process, *, is_with_ended: bool = False) -> float:
    times = process.cpu_times()
    ended = times.children_user + times.children_system if is_with_ended else 0.0
    return float(times.user + times.system + ended)


def read_memory(pids: Mapping[str, int]) -> int:
    """Bytes of all Python processes of the stack, what they share counted once."""
    python = [pid for name, pid in pids.items() if name not in SERVERS]
    return sum(each.memory_full_info().pss for pid in python for each in _with_children(pid))


def sum_by_part(seconds: Seconds) -> Seconds:
    """The largest first. Postgres as one part, as are the processes of one kind: `invoice-api-1`, `invoice-api-2`."""
    parts: Seconds = defaultdict(float)
    for name, spent in seconds.items():
        parts["postgres" if name.startswith("postgres ") else re.sub(r"-\d+$", "", name)] += spent
    return dict(sorted(parts.items(), key=lambda part: -part[1]))
