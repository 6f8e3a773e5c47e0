"""Timed lock of password sign-in: five wrong passwords in fifteen minutes close a name for fifteen minutes.

The guard belongs to the name as it was typed, known or not, so that the answer betrays nothing.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Guard:
    """Recent failures of one name (oldest first) and, while it is locked, until when."""

    failed_at: tuple[datetime, ...] = ()
    locked_until: datetime | None = None

    def seconds_locked(self, now: datetime) -> int:
        """Whole seconds until the lock ends, rounded up; 0 when it is open."""
        if self.locked_until is None or self.locked_until <= now:
            return 0
        return math.ceil((self.locked_until - now).total_seconds())


def after_failure(guard: Guard, now: datetime) -> Guard:
    """The guard after one more wrong password; the fifth within the window locks and empties the window."""
    recent = (*(at for at in guard.failed_at if at > now - WINDOW), now)
    if len(recent) < MOST_FAILURES:
        return Guard(recent)
    return Guard((), now + LOCK)
