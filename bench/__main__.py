"""`make bench`: load the stack, count whole paths, print goal, figure and verdict, write JSON and a chart."""

import argparse
import asyncio
import os
import secrets
import sys
import time

import uvloop

from bench import checks, documents, export, report, search
from bench.bulk import measure_bulk, measure_whole_job
from bench.chart import draw_chart
from bench.figures import Figure, at_most, describe_machine, print_table, write_json
from bench.phases import Bench, Run
from bench.stack import Target, demo_stack, own_stack
from deploy.local.stack import ROOT

RESULTS = ROOT / "bench" / "results"
LATENCY_SECONDS = 20.0
CLIENTS, CLIENTS_SECONDS = (8, 64), 8.0
SAMPLE = 40


def main() -> None:
    alone = {"search": search.main, "export": export.main, "documents": documents.main}
    if run := alone.get(" ".join(sys.argv[1:2])):
        run(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rate", type=float, default=150, help="invoices a second of the main run")
    parser.add_argument("--seconds", type=float, default=60, help="length of the main run")
    parser.add_argument("--peak", type=float, default=300, help="rate of a second run as long; 0 for none")
    parser.add_argument("--running", action="store_true", help="load the demo's stack, not one of its own")
    parser.add_argument("--seed", default=secrets.token_hex(3), help="of the invoices' variety")
    parser.add_argument("--brief", action="store_true", help="the main run and nothing else")
    parser.add_argument("--formats", help="documents of each invoice: pdf, or pdf,ofd,xml as usual")
    parser.add_argument("--bulk", action="store_true", help="bulk jobs and nothing else")
    parser.add_argument(
        "--rows", type=int, help="with --bulk: one job of so many rows to its very end instead"
    )
    uvloop.run(measure(parser.parse_args()))


async def measure(options: argparse.Namespace) -> None:
    machine = describe_machine(os.getloadavg()[0])
    say(f"seed {options.seed}; starting the stack")
    async with demo_stack() if options.running else own_stack(options.formats) as target:
        bench = Bench(target, options.seed)
        say("warming up")
        await bench.warm_up()
        if options.bulk:
            say("bulk jobs")
            measuring = (
                measure_whole_job(target, options.seed, options.rows)
                if options.rows
                else measure_bulk(target, options.seed)
            )
            print_table(machine, await measuring)
            return
        rest = await bench.rest(5)
        say(f"{options.rate:g} invoices a second for {options.seconds:g} s")
        run = await bench.run(options.rate, options.seconds)
        figures = [
            *report.report_paths(run),
            *report.report_latency(run, p50_goal=10, p99_goal=60),
            *report.report_rest(rest, run),
            await read_back(target, run),
        ]
        if not options.brief:
            figures += await measure_details(bench, target, options)
        figures += report.report_cpu(run)
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_json(RESULTS / "figures.json", machine, figures)
    title = f"{options.rate:g} invoices a second for {options.seconds:g} s"
    (RESULTS / "whole_paths.svg").write_text(draw_chart(run, title))
    print_table(machine, figures)
    print(f"\n{RESULTS.relative_to(ROOT)}/figures.json, whole_paths.svg")


async def read_back(target: Target, run: Run) -> Figure:
    damaged = await asyncio.to_thread(checks.count_damaged, target, run.answers, SAMPLE)
    return at_most(f"of {SAMPLE} PDFs, those without the recorded hash", "", damaged, 0)


async def measure_details(bench: Bench, target: Target, options: argparse.Namespace) -> list[Figure]:
    """Latency at half the rate, the peak, closed loops, and single parts alone."""
    say(f"{options.rate / 2:g} invoices a second for {LATENCY_SECONDS:g} s")
    half = await bench.run(options.rate / 2, LATENCY_SECONDS)
    figures, groups = report.report_latency(half, p50_goal=10, p99_goal=100), [half.answers]
    if options.peak:
        say(f"{options.peak:g} invoices a second for {options.seconds:g} s")
        peak = await bench.run(options.peak, options.seconds)
        figures += [*report.report_paths(peak), report.report_cpu(peak)[0]]
        groups.append(peak.answers)
    for clients in CLIENTS:
        say(f"{clients} clients in a closed loop, then working off what they left")
        answers = await bench.by_clients(clients, CLIENTS_SECONDS)
        figures.append(report.report_clients(answers, clients))
        groups.append(answers)
    figures.append(report.report_refusals(groups))
    say("bulk jobs")
    figures += await measure_bulk(target, options.seed)
    say("single parts")
    figures += await asyncio.to_thread(documents.measure_documents)
    for name, microseconds in (await checks.measure_credentials(target)).items():
        figures.append(at_most(f"{name} check, warm", "µs", microseconds, 20))
    return figures


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text} (load average {os.getloadavg()[0]:.1f})", flush=True)


if __name__ == "__main__":
    main()
