"""When schedules run, and which period a run is about: weeks and months of Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import SHANGHAI
from services.invoice.domain.export import Period
from services.invoice.domain.export_schedule import Frequency, next_run, period_ended

pytestmark = pytest.mark.fast


EARLIEST, LATEST = (datetime(year, 1, 1) for year in (2020, 2100))  # noqa: DTZ001 - the strategy adds UTC


def shanghai(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("frequency", "after", "run"),
    [
        (Frequency.MONTHLY, shanghai(2026, 11, 24, 12), shanghai(2026, 12, 1, 2)),
        (Frequency.MONTHLY, shanghai(2026, 12, 1, 1, 59), shanghai(2026, 12, 1, 2)),
        (Frequency.MONTHLY, shanghai(2026, 12, 1, 2), shanghai(2027, 1, 1, 2)),
        (Frequency.MONTHLY, datetime(2026, 11, 30, 17, 0, tzinfo=UTC), shanghai(2026, 12, 1, 2)),
        (Frequency.WEEKLY, shanghai(2026, 11, 24, 12), shanghai(2026, 11, 30, 2)),
        (Frequency.WEEKLY, shanghai(2026, 11, 30, 2), shanghai(2026, 12, 7, 2)),
    ],
)
def test_next_run_is_at_two_after_the_period(frequency: Frequency, after: datetime, run: datetime) -> None:
    assert next_run(frequency, after) == run


def test_period_ended_is_the_whole_month_or_week_before() -> None:
    run = shanghai(2027, 3, 1, 2)
    assert period_ended(Frequency.MONTHLY, run) == Period(date(2027, 2, 1), date(2027, 2, 28))
    assert period_ended(Frequency.WEEKLY, run) == Period(date(2027, 2, 22), date(2027, 2, 28))


@given(st.sampled_from(Frequency), st.datetimes(timezones=st.just(UTC), min_value=EARLIEST, max_value=LATEST))
def test_periods_of_runs_follow_each_other_without_gap(frequency: Frequency, moment: datetime) -> None:
    first = next_run(frequency, moment)
    second = next_run(frequency, first)
    assert period_ended(frequency, second).first == period_ended(frequency, first).last + timedelta(days=1)
