"""What drawing costs, as a ratio: a machine may be slow, but is so for both that are compared."""

import time
from collections.abc import Callable


def compare_costs(one: Callable[[], object], other: Callable[[], object], *, rounds: int = 6) -> float:
    """The CPU time of `one` as a multiple of that of `other`: the best of some rounds in alternation."""
    draws = (one, other)
    costs: tuple[list[float], list[float]] = ([], [])
    for draw in draws:
        draw()
    for _ in range(rounds):
        for draw, seconds in zip(draws, costs, strict=True):
            start = time.process_time()
            draw()
            seconds.append(time.process_time() - start)
    return min(costs[0]) / min(costs[1])
