"""How often questions about one number have been wrong lately, in one process and in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_WRONG = 20
SECONDS = 86_400.0
MOST_NUMBERS = 10_000


class Tries:
    """Who guesses at facts is told what is wrong only so often; a right question is always answered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def count_wrong(self, code: str, number: str) -> bool:
        """Count one more; whether it may still be told what is wrong."""
        now = self._clock()
        count, since = self._wrong.pop((code, number), (0, now))
        if now - since > SECONDS:
            count, since = 0, now
        self._wrong[code, number] = (count + 1, since)
        if len(self._wrong) > MOST_NUMBERS:
            self._wrong.popitem(last=False)
        return count < MOST_WRONG
