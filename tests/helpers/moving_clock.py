"""A clock that stands still until a test moves it; the services' code reads it without knowing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

from libs.common import clock


class MovingClock:
    """`now` is what `utc_now()` answers while the clock is installed."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def move(self, by: timedelta) -> None:
        self.now += by

    @property
    def offset_seconds(self) -> int:
        """How far it is from the machine's."""
        return int((self.now - datetime.now(UTC)).total_seconds())

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Everything in this process that asks `libs.common.clock` sees this time."""
        moving = self

        class Time(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return moving.now.astimezone(tz)

        real, clock.datetime = clock.datetime, Time  # type: ignore[misc,attr-defined]
        try:
            yield
        finally:
            clock.datetime = real  # type: ignore[misc,attr-defined]
