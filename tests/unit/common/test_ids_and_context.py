"""Identifiers are UUIDv7 in the order of time; request ids and trace contexts are kept when sound."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.context import correlated, current_correlation, new_correlation
from libs.common.ids import new_id
from tests.unit.common.making import TRACEPARENT

pytestmark = pytest.mark.fast


def test_new_id_is_a_uuid_of_version_7_and_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    ids = [new_id() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert len(set(ids)) == 1000
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert all(before <= one.int >> 80 <= after for one in ids)
    assert all(earlier.int >> 80 <= later.int >> 80 for earlier, later in pairwise(ids))


def test_new_id_of_a_later_millisecond_sorts_later_as_text() -> None:
    first = new_id()
    second = new_id()
    while second.int >> 80 == first.int >> 80:
        second = new_id()
    assert str(first) < str(second)


def test_correlation_keeps_what_the_caller_sent() -> None:
    correlation = new_correlation("erp:4711.a_b-C", TRACEPARENT)
    assert (correlation.id, correlation.traceparent) == ("erp:4711.a_b-C", TRACEPARENT)


@pytest.mark.parametrize("request_id", [None, "", "a b", "x" * 129, 'a"b', "a\nb", "ü", "{}", "a/b"])
def test_correlation_replaces_an_unsound_request_id(request_id: str | None) -> None:
    assert len(new_correlation(request_id).id) == 36


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        TRACEPARENT.upper(),
        TRACEPARENT + "-more",
        f"ff{TRACEPARENT[2:]}",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_correlation_replaces_an_unsound_trace_context(traceparent: str | None) -> None:
    made = new_correlation("a", traceparent).traceparent
    assert made != traceparent
    assert new_correlation("a", made).traceparent == made


@given(st.text(max_size=200), st.text(max_size=80))
def test_correlation_of_any_text_is_sound(request_id: str, traceparent: str) -> None:
    made = new_correlation(request_id, traceparent)
    assert new_correlation(made.id, made.traceparent) == made


def test_correlation_is_current_inside_its_block_only() -> None:
    outer, inner = new_correlation("outer"), new_correlation("inner")
    with correlated(outer):
        with correlated(inner):
            assert current_correlation() == inner
        assert current_correlation() == outer
    assert current_correlation().id not in {"outer", "inner"}
