"""How a taxpayer's connection with the authority stands: a circuit breaker as a pure function of what was answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from services.invoice.domain.authority import Outcome, Verdict

# So many rounds in a row without any answer, and the line is closed.
_MOST_FAILURES = 3
# Seconds until the next probe of a closed line; each is varied, so that not all come at once.
_DOWN_DELAYS = (1, 2, 5, 10, 20, 30)
_LOGIN_DELAYS = (2, 4, 8, 10)
# A list in which nothing happens is read ever more seldom.
_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=2), timedelta(minutes=2)


class ConnectorState(StrEnum):
    """`login_needed` and `down` hold everything back but one probe at a time."""

    OK = "ok"
    DEGRADED = "degraded"
    LOGIN_NEEDED = "login_needed"
    DOWN = "down"


CLOSED = frozenset({ConnectorState.LOGIN_NEEDED, ConnectorState.DOWN})


class Connector(Struct, frozen=True):
    """`failures` counts rounds in a row in `state`'s trouble; `last_error` is None while all is well."""

    state: ConnectorState
    since: datetime
    failures: int
    last_error: str | None
    next_attempt_at: datetime

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED


def new_connector(now: datetime) -> Connector:
    """Of a taxpayer that has not sent anything yet."""
    return Connector(ConnectorState.OK, now, 0, None, now)


def judge_connector(
    before: Connector, outcomes: Sequence[Outcome], *, now: datetime, percent: int
) -> Connector:
    """After a round with the authority; rests are varied to `percent`. One clear answer of many means well."""
    if all(outcome.verdict is Verdict.UNKNOWN for outcome in outcomes):
        return _failed(before, outcomes, now, percent)
    if all(_wants_login(outcome) for outcome in outcomes):
        failures = before.failures + 1 if before.state is ConnectorState.LOGIN_NEEDED else 1
        wait = _delay(_LOGIN_DELAYS, failures) * percent / 100
        return _become(before, ConnectorState.LOGIN_NEEDED, failures, outcomes, (now, now + wait))
    if before.state is ConnectorState.OK:
        return before
    return new_connector(now)


def _failed(before: Connector, outcomes: Sequence[Outcome], now: datetime, percent: int) -> Connector:
    failures = before.failures + 1
    if failures < _MOST_FAILURES and not before.is_closed:
        return _become(before, ConnectorState.DEGRADED, failures, outcomes, (now, now))
    wait = _delay(_DOWN_DELAYS, failures - _MOST_FAILURES + 1) * percent / 100
    return _become(before, ConnectorState.DOWN, failures, outcomes, (now, now + wait))


def _become(
    before: Connector,
    state: ConnectorState,
    failures: int,
    outcomes: Sequence[Outcome],
    times: tuple[datetime, datetime],
) -> Connector:
    now, next_attempt_at = times
    since = before.since if before.state is state else now
    error = outcomes[-1].error
    return Connector(state, since, failures, error.detail if error else None, next_attempt_at)


def next_reading(active_at: datetime, *, now: datetime) -> datetime:
    """When the bureau's list of forms is read again: after a tenth of the time in which nothing has happened."""
    return now + min(max((now - active_at) / 10, _SHORTEST_REST), _LONGEST_REST)


def _wants_login(outcome: Outcome) -> bool:
    return outcome.error is not None and outcome.error.code == "login-needed"


def _delay(delays: Sequence[int], failures: int) -> timedelta:
    return timedelta(seconds=delays[max(0, min(failures, len(delays)) - 1)])
