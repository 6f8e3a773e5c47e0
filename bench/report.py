"""From what the phases found to figures with their goals."""

from collections.abc import Sequence

from bench.figures import Figure, at_least, at_most, percentile
from bench.load import Answer
from bench.phases import Rest, Run
from bench.processes import sum_by_part

# What may still be under way when the load stops must be done so many seconds later.
GRACE_SECONDS = 5.0
_MB = 2**20


def report_paths(run: Run) -> list[Figure]:
    """Whole paths, and how soon after the load they are complete."""
    seconds = len(run.answers) / run.rate
    in_time = sum(at <= run.ended + GRACE_SECONDS for at in run.completed)
    at_rate = f"at {run.rate:g}/s"
    lags = [path.seconds_to_shown for path in run.paths if path.seconds_to_shown is not None]
    last = run.completed[-1] - run.ended if run.completed else float("inf")
    return [
        at_least(f"whole paths {at_rate} for {seconds:.0f} s", "/s", in_time / seconds, run.rate),
        at_most(f"left behind 5 s after the load {at_rate}", "", len(run.answers) - in_time, 0),
        at_most(f"accept → applied in the view {at_rate}, p99", "s", percentile(lags, 0.99), 1),
        Figure(f"last path whole after the load {at_rate}", "s", round(max(last, 0.0), 2)),
        Figure(f"all worked off, the authority's too, {at_rate}", "s", round(run.drained_after, 2)),
    ]


def report_latency(run: Run, *, p50_goal: float, p99_goal: float) -> list[Figure]:
    """Milliseconds from when a request was due, so that a stall counts for all that it held up."""
    milliseconds, rate = _milliseconds(run.answers), f"{run.rate:g}/s"
    return [
        at_most(f"accept latency at {rate}, p50", "ms", percentile(milliseconds, 0.5), p50_goal),
        at_most(f"accept latency at {rate}, p99", "ms", percentile(milliseconds, 0.99), p99_goal),
    ]


def report_cpu(run: Run) -> list[Figure]:
    """What one invoice costs, everything that runs taken together and each part."""
    parts, at_rate = sum_by_part(run.cpu), f"at {run.rate:g}/s"
    costs = {"everything": sum(parts.values()), **parts}
    each = 1000 / max(1, len(run.paths))
    return [
        Figure(f"CPU of one invoice {at_rate}, {name}", "ms", round(spent * each, 3))
        for name, spent in costs.items()
    ]


def report_clients(answers: Sequence[Answer], clients: int) -> Figure:
    """A closed loop: how many are accepted a second while everything else goes on."""
    accepted = [answer for answer in answers if answer.status == 201]
    seconds = max(answer.at for answer in answers) - min(answer.due for answer in answers)
    return at_least(f"issued on one hot series, {clients} clients", "/s", len(accepted) / seconds, 1000)


def report_refusals(groups: Sequence[Sequence[Answer]]) -> Figure:
    return at_most(
        "answers other than 201", "", sum(answer.status != 201 for answers in groups for answer in answers), 0
    )


def report_rest(rest: Rest, run: Run) -> list[Figure]:
    return [
        at_most("memory of all Python processes at rest", "MB", rest.memory / _MB, 900),
        at_most("memory of all Python processes under load", "MB", run.memory / _MB, 1500),
        Figure("cores in use at rest", "cores", round(rest.cores, 3)),
    ]


def _milliseconds(answers: Sequence[Answer]) -> list[float]:
    """Of the accepted ones; of the others, as if they had never been answered."""
    return [answer.seconds * 1000 if answer.status == 201 else float("inf") for answer in answers]
