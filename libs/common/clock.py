"""The time: aware UTC instants and the calendar day in Asia/Shanghai. Domain code gets both as arguments."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def shanghai_day(instant: datetime) -> date:
    """The calendar day on which invoices issued at `instant` are dated."""
    return instant.astimezone(SHANGHAI).date()


def rfc3339(instant: datetime) -> str:
    """`2026-11-24T06:40:00.123456Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
