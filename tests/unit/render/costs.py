"""What drawing costs, as a ratio: a machine may be slow, but is so for both that are compared."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from services.render.drawing import Draw


def compare_costs(one: Callable[[], object], other: Callable[[], object], *, rounds: int = 5) -> float:
    """The CPU time of `one` as a multiple of that of `other`, in the round in which it is least.

    Both should take about as long: what slows the machine then meets both, in some round at least.
    """
    one()
    other()
    return min(_seconds(one) / _seconds(other) for _ in range(rounds))


def repeat(draw: Draw, invoice: Mapping[str, Any], times: int) -> Callable[[], object]:
    """Draws the invoice so many times."""
    return lambda: [draw(invoice) for _ in range(times)]


def _seconds(draw: Callable[[], object]) -> float:
    start = time.process_time()
    draw()
    return time.process_time() - start
