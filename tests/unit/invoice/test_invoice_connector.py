"""The breaker of one taxpayer's line: when it closes, how long it rests, when it is well again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.invoice.domain.authority import Outcome, Verdict
from services.invoice.domain.connector import (
    Connector,
    ConnectorState,
    judge_connector,
    new_connector,
    next_reading,
)
from services.invoice.domain.invoice import AuthorityError

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SILENT = Outcome(Verdict.UNKNOWN, error=AuthorityError("no-answer", "No answer.", "无应答。"))
LOGIN = Outcome(Verdict.OPERATOR_NEEDED, error=AuthorityError("login-needed", "Sign in.", "请登录。"))
QUOTA = Outcome(Verdict.OPERATOR_NEEDED, error=AuthorityError("quota-exceeded", "Used up.", "额度不足。"))
ISSUED = Outcome(Verdict.ISSUED, number="1")


def judge(before: Connector, *outcomes: Outcome, after_seconds: float = 0) -> Connector:
    now = NOW + timedelta(seconds=after_seconds)
    return judge_connector(before, outcomes, now=now, percent=100)


def fail(rounds: int) -> Connector:
    connector = new_connector(NOW)
    for _ in range(rounds):
        connector = judge(connector, SILENT)
    return connector


def test_silence_degrades_and_closes_at_the_third_round() -> None:
    assert [fail(rounds).state for rounds in range(4)] == ["ok", "degraded", "degraded", "down"]
    assert [fail(rounds).is_closed for rounds in range(4)] == [False, False, False, True]


def test_down_rests_longer_after_each_probe_up_to_a_limit() -> None:
    rests = [(fail(rounds).next_attempt_at - NOW).total_seconds() for rounds in range(3, 11)]
    assert rests == [1, 2, 5, 10, 20, 30, 30, 30]


def test_down_keeps_the_moment_it_began() -> None:
    down = fail(3)
    assert judge(down, SILENT, after_seconds=9).since == down.since


def test_one_clear_answer_among_silence_is_enough_to_be_well() -> None:
    well = judge(fail(5), SILENT, ISSUED, after_seconds=60)
    assert (well.state, well.failures, well.last_error) == (ConnectorState.OK, 0, None)
    assert well.since == NOW + timedelta(seconds=60)


def test_login_needed_closes_at_once_and_says_why() -> None:
    waiting = judge(new_connector(NOW), LOGIN, LOGIN)
    assert (waiting.state, waiting.last_error) == (ConnectorState.LOGIN_NEEDED, "Sign in.")
    assert waiting.next_attempt_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize("outcomes", [(LOGIN, ISSUED), (QUOTA,), (QUOTA, LOGIN)])
def test_login_of_some_or_want_of_quota_does_not_close_the_line(outcomes: tuple[Outcome, ...]) -> None:
    assert judge(new_connector(NOW), *outcomes).state is ConnectorState.OK


def test_jitter_varies_the_rest() -> None:
    rests = {
        judge_connector(fail(2), [SILENT], now=NOW, percent=percent).next_attempt_at for percent in (75, 125)
    }
    assert rests == {NOW + timedelta(seconds=0.75), NOW + timedelta(seconds=1.25)}


def test_rests_are_spread_by_the_given_percent() -> None:
    rests = {judge_connector(fail(5), [SILENT], now=NOW, percent=each).next_attempt_at for each in (75, 125)}
    assert sorted((rest - NOW).total_seconds() for rest in rests) == [7.5, 12.5]


@pytest.mark.parametrize(("idle", "rest"), [(0, 2), (100, 10), (1200, 120), (10**6, 120), (-5, 2)])
def test_list_of_forms_rests_a_tenth_of_its_idle_time(idle: int, rest: int) -> None:
    again = next_reading(NOW - timedelta(seconds=idle), now=NOW)
    assert again == NOW + timedelta(seconds=rest)
