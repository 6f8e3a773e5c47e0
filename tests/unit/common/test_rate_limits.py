"""The token bucket's arithmetic and the headers that tell it."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.common.auth import Principal
from libs.common.ids import TenantId
from libs.common.problems import TooManyRequests
from libs.common.rate_limit import RateLimits

pytestmark = pytest.mark.fast

TENANT = TenantId(UUID(int=1))


def make_principal(rate: int, burst: int, tenant: TenantId = TENANT) -> Principal:
    return Principal(tenant, uuid4(), "api_key", "key", frozenset(), rate, burst)


class Till:
    """Takes tokens at chosen instants and keeps the last answer's headers."""

    def __init__(self, processes: int = 1) -> None:
        self.now = 100.0
        self._limits = RateLimits(processes, clock=lambda: self.now)
        self.headers: dict[str, str] = {}

    def take(self, principal: Principal) -> None:
        request: Any = SimpleNamespace(state=SimpleNamespace())
        try:
            self._limits.take(request, principal)
        finally:
            self.headers = {name.decode(): value.decode() for name, value in request.state.rate_headers}

    def count(self, principal: Principal, wanted: int) -> int:
        """How many of `wanted` requests at this instant are let through."""
        allowed = 0
        for _ in range(wanted):
            try:
                self.take(principal)
                allowed += 1
            except TooManyRequests:
                continue
        return allowed


def test_bucket_allows_the_burst_and_then_the_rate() -> None:
    till, principal = Till(), make_principal(10, 25)
    assert till.count(principal, 100) == 25
    till.now += 1.0
    assert till.count(principal, 100) == 10
    till.now += 0.25
    assert till.count(principal, 100) == 2


def test_bucket_at_rest_never_holds_more_than_the_burst() -> None:
    till, principal = Till(), make_principal(10, 25)
    till.count(principal, 25)
    till.now += 3600.0
    assert till.count(principal, 100) == 25


def test_bucket_of_one_tenant_does_not_empty_another() -> None:
    till, other = Till(), make_principal(1, 1, TenantId(UUID(int=2)))
    till.count(make_principal(1, 1), 5)
    assert till.count(other, 1) == 1


def test_bucket_is_shared_by_all_credentials_of_a_tenant() -> None:
    till = Till()
    assert till.count(make_principal(1, 4), 3) + till.count(make_principal(1, 4), 3) == 4


@pytest.mark.parametrize("processes", [2, 4])
def test_bucket_hands_out_this_process_share(processes: int) -> None:
    till, principal = Till(processes), make_principal(200, 400)
    assert till.count(principal, 1000) == 400 // processes
    till.now += 1.0
    assert till.count(principal, 1000) == 200 // processes


def test_bucket_headers_follow_the_draft() -> None:
    till, principal = Till(), make_principal(200, 400)
    till.take(principal)
    assert till.headers == {"ratelimit-policy": '"tenant";q=200;w=1', "ratelimit": '"tenant";r=399;t=1'}


def test_bucket_refusal_says_when_to_come_back_and_keeps_its_word() -> None:
    till, principal = Till(), make_principal(1, 1)
    till.take(principal)
    with pytest.raises(TooManyRequests) as refused:
        till.take(principal)
    assert refused.value.retry_after == 1
    assert till.headers["ratelimit"] == '"tenant";r=0;t=1'
    till.now += refused.value.retry_after
    till.take(principal)


def test_buckets_of_very_many_tenants_stay_bounded() -> None:
    till = Till()
    for number in range(10_001):
        till.take(make_principal(1, 1, TenantId(UUID(int=number))))
    assert till.count(make_principal(1, 1, TenantId(UUID(int=0))), 1) == 1
    assert till.count(make_principal(1, 1, TenantId(UUID(int=10_000))), 1) == 0


def test_bucket_of_a_route_is_shared_by_all_and_names_its_policy() -> None:
    limits, answers = RateLimits(1, clock=lambda: 100.0), []
    for _ in range(3):
        request: Any = SimpleNamespace(state=SimpleNamespace())
        try:
            limits.spend(request, UUID(int=0), rate=1, burst=2, policy="callbacks")
            answers.append("let through")
        except TooManyRequests:
            answers.append("refused")
    assert answers == ["let through", "let through", "refused"]
    assert request.state.rate_headers[0] == (b"ratelimit-policy", b'"callbacks";q=1;w=1')
