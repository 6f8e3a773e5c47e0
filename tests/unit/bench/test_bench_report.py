"""Figures and verdicts from what a run found."""

import json
import pathlib
from uuid import UUID

import pytest

from bench.chart import draw_chart
from bench.figures import Figure, percentile, print_table, write_json
from bench.load import Answer
from bench.paths import Path
from bench.phases import Run
from bench.processes import subtract, sum_by_part
from bench.report import report_cpu, report_latency, report_paths

pytestmark = pytest.mark.fast

LOCATION = f"/v1/invoices/{UUID(int=1)}"


def make_run(*, seconds: float, late: int = 0, lost: int = 0) -> Run:
    """100 a second; `late` paths are whole six seconds after the load, of `lost` ones the PDF never comes."""
    answers = [Answer(n / 100, n / 100 + 0.01, 201, LOCATION) for n in range(int(100 * seconds))]
    paths = [Path(each.at, each.at + 0.1, 0.1, each.at + 0.2, each.at + 0.05) for each in answers]
    for place in range(late):
        paths[place] = Path(answers[place].at, 0.2, 0.1, seconds + 6, 0.2)
    for place in range(late, late + lost):
        paths[place] = Path(answers[place].at, 0.2, 0.1, None, 0.2)
    cpu = {"postgres invoice_api": 1.0, "postgres walwriter": 0.5, "invoice-api-1": 1.0, "invoice-api-2": 2.0}
    return Run(100, 0.0, answers[-1].due, answers, paths, cpu, 500 * 2**20, 0.4)


def find(figures: list[Figure], start: str) -> Figure:
    return next(figure for figure in figures if figure.name.startswith(start))


def test_paths_that_are_whole_in_time_count() -> None:
    figures = report_paths(make_run(seconds=10))
    assert (find(figures, "whole paths").value, find(figures, "whole paths").holds) == (100, True)
    assert find(figures, "left behind").value == 0
    assert find(report_cpu(make_run(seconds=10)), "CPU of one invoice at 100/s, everything").value == 4.5


def test_late_and_lost_paths_are_left_behind() -> None:
    figures = report_paths(make_run(seconds=10, late=3, lost=2))
    assert (find(figures, "whole paths").value, find(figures, "whole paths").holds) == (99.5, False)
    assert (find(figures, "left behind").value, find(figures, "left behind").holds) == (5, False)


def test_refused_request_spoils_the_latency() -> None:
    run = make_run(seconds=1)
    run.answers[0] = run.answers[0].__class__(0.0, 0.001, 503, "")
    figures = report_latency(run, p50_goal=20, p99_goal=100)
    assert find(figures, "accept latency at 100/s, p50").holds
    assert find(figures, "accept latency at 100/s, p99").value == float("inf")
    assert not find(figures, "accept latency at 100/s, p99").holds


def test_percentile_is_the_value_that_the_share_does_not_exceed() -> None:
    assert percentile(range(100), 0.5) == 50
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([], 0.5) == float("inf")


def test_parts_add_up_and_ended_backends_count_once() -> None:
    later, earlier = {"postgres postmaster": 3.0, "kafka": 2.0}, {"postgres a": 1.0, "kafka": 0.5}
    assert sum_by_part(subtract(later, earlier)) == {"postgres": 2.0, "kafka": 1.5}


def test_report_is_readable_by_people_and_programs(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = [*report_paths(make_run(seconds=2, lost=1)), Figure("none", "s", float("inf"))]
    path = tmp_path / "figures.json"
    write_json(path, {"cores": 2}, figures)
    read = json.loads(path.read_text())
    assert read["machine"] == {"cores": 2}
    assert set(read["figures"][0]) == {"name", "unit", "value", "goal", "holds"}
    assert read["figures"][-1]["value"] is None
    print_table({"cores": 2}, figures)
    assert "MISSED" in capsys.readouterr().out


def test_chart_shows_rates_and_parts() -> None:
    drawn = draw_chart(make_run(seconds=3), "a title")
    assert drawn.startswith("<svg")
    assert drawn.count("<polyline") == 2
    assert ">invoice-api<" in drawn
