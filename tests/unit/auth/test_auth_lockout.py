"""The timed lock as a pure value, also against a plain model of the rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.lockout import LOCK, MOST_FAILURES, WINDOW, Guard, after_failure

pytestmark = pytest.mark.fast

START = datetime(2026, 11, 24, tzinfo=UTC)


def after_failures(*seconds: int) -> Guard:
    guard = Guard()
    for second in seconds:
        guard = after_failure(guard, START + timedelta(seconds=second))
    return guard


def test_guard_four_failures_leave_it_open() -> None:
    assert after_failures(0, 1, 2, 3).locked_until is None


def test_guard_fifth_failure_in_the_window_locks_for_fifteen_minutes() -> None:
    guard = after_failures(0, 1, 2, 3, 899)
    assert guard.locked_until == START + timedelta(seconds=899) + LOCK
    assert guard.failed_at == ()


def test_guard_failure_at_the_edge_of_the_window_no_longer_counts() -> None:
    assert after_failures(0, 1, 2, 3, 900).locked_until is None


def test_guard_seconds_locked_round_up_and_end_at_zero() -> None:
    guard = Guard(locked_until=START)
    assert guard.seconds_locked(START - timedelta(milliseconds=1)) == 1
    assert guard.seconds_locked(START - timedelta(seconds=900)) == 900
    assert guard.seconds_locked(START) == 0
    assert Guard().seconds_locked(START) == 0


def test_guard_after_the_lock_starts_anew() -> None:
    guard = after_failures(0, 1, 2, 3, 4)
    assert after_failure(guard, START + LOCK + timedelta(seconds=5)).locked_until is None


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans()), max_size=60))
def test_guard_agrees_with_counting_failures_since_success_and_lock(steps: list[tuple[int, bool]]) -> None:
    """Steps are (seconds since the step before, right password?)."""
    now, guard = START, Guard()
    failures: list[datetime] = []
    locked_until = START
    for wait, is_right in steps:
        now += timedelta(seconds=wait)
        assert (guard.seconds_locked(now) > 0) == (locked_until > now)
        if locked_until > now:
            continue
        if is_right:
            guard, failures = Guard(), []
            continue
        guard = after_failure(guard, now)
        failures.append(now)
        if len([at for at in failures if at > now - WINDOW]) >= MOST_FAILURES:
            locked_until, failures = now + LOCK, []
