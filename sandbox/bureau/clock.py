"""The bureau's movable clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True)
class Moment:
    """One instant as the bureau sees it, and as the machine does: waiting is not changed by moving the clock."""

    now: datetime  # aware, UTC, with the offset
    machine_millis: int

    @property
    def year(self) -> int:
        """The calendar year in China."""
        return self.now.astimezone(CHINA).year

    @property
    def period(self) -> str:
        """The calendar month in China, yyyyMM."""
        return f"{self.now.astimezone(CHINA):%Y%m}"

    def later(self, millis: int) -> "Moment":
        """The instant `millis` after this one."""
        return Moment(self.now + timedelta(milliseconds=millis), self.machine_millis + millis)


def make_moment(offset_seconds: int) -> Moment:
    """Now."""
    real = datetime.now(UTC)
    return Moment(real + timedelta(seconds=offset_seconds), int(real.timestamp() * 1000))


def to_rfc3339(moment: datetime) -> str:
    """UTC with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
