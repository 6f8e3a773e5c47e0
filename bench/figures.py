"""Figures, their goals and the report: a table for people, JSON for programs."""

import json
import math
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Figure:
    """One measured value; `holds` is None where there is no goal."""

    name: str
    unit: str
    value: float
    goal: str | None = None
    holds: bool | None = None


def at_least(name: str, unit: str, value: float, goal: float) -> Figure:
    return Figure(name, unit, value, f"≥ {goal:g}", value >= goal)


def at_most(name: str, unit: str, value: float, goal: float) -> Figure:
    return Figure(name, unit, value, f"≤ {goal:g}", value <= goal)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed; infinite if there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def describe_machine(load_before: float) -> dict[str, object]:
    """What a reader needs in order to compare; `load_before` is the load average before the first request."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown"
    )
    return {
        "cpu": model,
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_before": round(load_before, 2),
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def print_table(machine: dict[str, object], figures: Sequence[Figure]) -> None:
    described = ", ".join(f"{name} {value}" for name, value in machine.items())
    print(f"\n{described}\n\n{'FIGURE':58} {'GOAL':>10} {'FOUND':>12} VERDICT")
    for figure in figures:
        verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds]
        found = f"{figure.value:,.3g}" if figure.value < 100 else f"{figure.value:,.0f}"
        print(f"{figure.name:58} {figure.goal or '':>10} {found:>12} {figure.unit:10} {verdict}")


def write_json(path: Path, machine: dict[str, object], figures: Sequence[Figure]) -> None:
    rows = [asdict(figure) for figure in figures]
    for row in rows:  # JSON knows no infinity
        row["value"] = row["value"] if math.isfinite(row["value"]) else None
    report = {"machine": machine, "figures": rows}
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
