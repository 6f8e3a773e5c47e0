"""The plan for signing keys, driven through years of irregular upkeep."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.sessions import ACCESS_LIFE, CLOCK_SKEW
from services.auth.domain.signing_keys import (
    PUBLISH_LEAD,
    RETIRE_AFTER,
    ROTATION,
    SigningKey,
    brought_forward,
    next_key,
    signing_key,
    upkeep,
)

pytestmark = pytest.mark.fast

START = datetime(2026, 11, 24, tzinfo=UTC)


def test_plan_begins_with_one_key_that_signs_and_one_that_waits() -> None:
    assert upkeep((), START).activations == (START, START + ROTATION)


def test_plan_retires_a_key_only_when_no_token_of_it_can_be_valid() -> None:
    assert RETIRE_AFTER >= ACCESS_LIFE + 2 * CLOCK_SKEW
    old, new = key("old", START), key("new", START + ROTATION)
    after = START + ROTATION
    assert upkeep((old, new), after + RETIRE_AFTER - timedelta(seconds=1)).discarded == ()
    assert upkeep((old, new), after + RETIRE_AFTER).discarded == ("old",)


def test_brought_forward_waits_until_caches_have_seen_the_key() -> None:
    fresh = key("next", START + ROTATION, created_at=START)
    assert brought_forward(fresh, START).active_from == START + PUBLISH_LEAD
    later = START + timedelta(days=1)
    assert brought_forward(fresh, later).active_from == later
    due = START + ROTATION + timedelta(days=1)
    assert brought_forward(fresh, due).active_from == fresh.active_from


def key(name: str, active_from: datetime, created_at: datetime = START) -> SigningKey:
    return SigningKey(name, b"", active_from, created_at)


@given(st.lists(st.tuples(st.integers(1, 40 * 86_400), st.booleans()), min_size=1, max_size=80))
def test_plan_always_signs_with_a_key_that_was_published_long_enough(
    steps: list[tuple[int, bool]],
) -> None:
    """Steps are (seconds until the next round of upkeep, is a rotation asked for?)."""
    keys: list[SigningKey] = []
    now, made = START, 0
    for wait, is_rotation in steps:
        work = upkeep(keys, now)
        keys = [each for each in keys if each.id not in work.discarded]
        for active_from in work.activations:
            keys.append(key(f"k{made}", active_from, created_at=now))
            made += 1
        current, waiting = signing_key(keys, now), next_key(keys, now)
        assert current is not None
        assert waiting is not None
        assert current.id == "k0" or current.active_from - current.created_at >= PUBLISH_LEAD
        if is_rotation:
            keys = [brought_forward(each, now) if each is waiting else each for each in keys]
        now += timedelta(seconds=wait)
        assert signing_key(keys, now) is not None
