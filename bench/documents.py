"""`python -m bench documents`: what drawing costs, format by format, alone and beside what else could draw a page.

No stack: invoices are made here, drawn as the renderer does, and thrown away.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench.figures import Figure, at_least, at_most, describe_machine, print_table, write_json
from bench.issued import make_issued
from bench.peers.chromium import measure_chromium
from bench.peers.weasyprint import measure_weasyprint
from bench.search import RESULTS
from services.render.drawing import DRAWERS, Draw

FORMATS = ("xml", "pdf", "ofd")  # as the renderer draws them
SAMPLES, LINES, ROUNDS = 100, 8, 5
LONG_LINES = 5000
SECONDS = 4.0
GOALS = {"pdf": 1.0}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench documents", description=__doc__)
    parser.add_argument("--no-peers", action="store_true", help="leave out WeasyPrint and Chromium")
    options = parser.parse_args(arguments)
    machine = describe_machine(os.getloadavg()[0])
    figures = measure_documents()
    if not options.no_peers:
        figures += measure_peers(
            next(figure.value for figure in figures if figure.name.startswith("CPU of one PDF"))
        )
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_json(RESULTS / "documents.json", machine, figures)
    print_table(machine, figures)


def measure_documents() -> list[Figure]:
    """Every eager format alone, long documents, and how processes scale."""
    drawers = {name: DRAWERS[name] for name in FORMATS if name in DRAWERS}
    return [*measure_formats(drawers), *measure_long(drawers), *measure_processes(drawers)]


def measure_formats(drawers: Mapping[str, Draw]) -> list[Figure]:
    """CPU and size of each format of an invoice of eight lines, warm; then of all, one invoice after the other."""
    invoices = make_issued(SAMPLES, LINES)
    figures = []
    for name, draw in drawers.items():
        sizes = [len(draw(invoice)) for invoice in invoices]
        began = time.process_time()
        for invoice in invoices * ROUNDS:
            draw(invoice)
        cost = _milliseconds(began)
        title = f"CPU of one {name.upper()} of {LINES} lines"
        figures.append(
            at_most(title, "ms", cost, GOALS[name]) if name in GOALS else Figure(title, "ms", cost)
        )
        figures.append(Figure(f"size of one {name.upper()}", "KB", sum(sizes) / len(sizes) / 1024))
    began = time.process_time()
    for invoice in invoices * ROUNDS:
        draw_invoice(invoice, tuple(drawers))
    return [*figures, at_most("CPU of all formats together", "ms", _milliseconds(began), 3.0)]


def draw_invoice(invoice: Mapping[str, Any], names: Sequence[str]) -> None:
    """As the renderer does: what the first format made is handed to the others."""
    given = dict(invoice)
    for name in names:
        content = DRAWERS[name](given)
        if name == "xml":
            given["xml"] = content


def measure_long(drawers: Mapping[str, Draw]) -> list[Figure]:
    """A document of 5,000 lines, each format in a process of its own."""
    figures = []
    for name in drawers:
        with _pool(1) as pool:
            seconds, peak_mb = pool.submit(draw_long, name).result()
        title = f"{name.upper()} of {LONG_LINES:,} lines"
        figures += [
            at_most(title, "s", seconds, 1.0),
            at_most(f"{title}, the whole process", "MB", peak_mb, 150),
        ]
    return figures


def draw_long(name: str) -> tuple[float, float]:
    """Seconds, and the largest resident set of the process in MB."""
    invoice = make_issued(1, LONG_LINES)[0]
    DRAWERS[name](make_issued(1, LINES)[0])
    began = time.perf_counter()
    DRAWERS[name](invoice)
    return time.perf_counter() - began, _peak_mb()


def measure_processes(drawers: Mapping[str, Draw]) -> list[Figure]:
    """Invoices a second in PDF alone and in all formats, by one process and by two."""
    paces: dict[tuple[str, int], float] = {}
    for title, names in (("PDF", ("pdf",)), ("all formats", tuple(drawers))):
        for processes in (1, 2):
            with _pool(processes) as pool:
                for warming in [pool.submit(draw_for, names, 0.5) for _ in range(processes)]:
                    warming.result()
                running = [pool.submit(draw_for, names, SECONDS) for _ in range(processes)]
                paces[title, processes] = sum(each.result() for each in running)
    figures = [
        Figure(f"{title}, {processes} process{'es' * (processes > 1)}", "/s", pace)
        for (title, processes), pace in paces.items()
    ]
    gain = paces["all formats", 2] / paces["all formats", 1]
    return [*figures, at_least("gain by the second process", "×", gain, 1.8)]


def draw_for(names: Sequence[str], seconds: float) -> float:
    """Invoices a second."""
    invoices = make_issued(SAMPLES, LINES)
    began, drawn = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        draw_invoice(invoices[drawn % SAMPLES], names)
        drawn += 1
    return drawn / (time.perf_counter() - began)


def measure_peers(own_ms: float) -> list[Figure]:
    """The same invoices as HTML through WeasyPrint and a warm Chromium; CPU and how many times ours."""
    invoices = make_issued(SAMPLES, LINES)
    figures = []
    for name, measure in (("WeasyPrint", measure_weasyprint), ("Chromium, warm", measure_chromium)):
        found = measure(invoices)
        if isinstance(found, str):
            print(f"{name} is left out: {found}")
            continue
        figures += [
            Figure(f"CPU of one PDF by {name}", "ms", found),
            Figure(f"{name} ÷ ours", "×", found / own_ms),
        ]
    return figures


def _milliseconds(began: float) -> float:
    """CPU of one invoice in all rounds since then."""
    return (time.process_time() - began) * 1000 / (SAMPLES * ROUNDS)


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))


def _peak_mb() -> float:
    """The largest resident set so far; that of `getrusage` would be the parent's."""
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1024
