"""Which failed sign-ins are told, and whose addresses count as one source."""

from datetime import UTC, datetime

import pytest

from services.auth.domain.failures import hour_of, is_told, source_of

pytestmark = pytest.mark.fast


def test_failures_first_ten_are_told_each_then_each_doubling() -> None:
    assert [count for count in range(1, 200) if is_told(count)] == [*range(1, 11), 16, 32, 64, 128]


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("no address", ""),
    ],
)
def test_source_is_the_address_or_the_network_of_ipv6(address: str, source: str) -> None:
    assert source_of(address) == source


def test_hour_begins_with_the_full_hour() -> None:
    assert hour_of(datetime(2026, 5, 1, 9, 59, 59, 1, UTC)) == datetime(2026, 5, 1, 9, tzinfo=UTC)
