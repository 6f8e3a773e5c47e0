"""A token bucket per tenant, or another key, in each api process, answered with the IETF draft's RateLimit headers."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from fastapi import Request

from libs.common.auth import Principal
from libs.common.problems import TooManyRequests

_MOST_TENANTS = 10_000


class RateLimits:
    """Each of `processes` api processes hands out its share of a rate and a burst."""

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._processes = processes
        self._clock = clock
        self._buckets: OrderedDict[UUID, tuple[float, float]] = OrderedDict()

    def take(self, request: Request, principal: Principal) -> None:
        """A token of the tenant for this request; raises TooManyRequests."""
        self.spend(request, principal.tenant, rate=principal.rate_per_second, burst=principal.burst)

    def spend(self, request: Request, key: UUID, *, rate: int, burst: int, policy: str = "tenant") -> None:
        """A token of that bucket, or TooManyRequests; the answer's headers tell what is left."""
        share, most = max(1.0, rate / self._processes), max(1.0, burst / self._processes)
        now = self._clock()
        tokens, at = self._buckets.pop(key, (most, now))
        tokens = min(most, tokens + (now - at) * share)
        is_allowed = tokens >= 1.0
        self._buckets[key] = (tokens - is_allowed, now)
        if len(self._buckets) > _MOST_TENANTS:
            self._buckets.popitem(last=False)
        wait = 0 if is_allowed else math.ceil((1.0 - tokens) / share)
        request.state.rate_headers = [
            (b"ratelimit-policy", b'"%b";q=%d;w=1' % (policy.encode(), rate)),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (policy.encode(), max(0, int(tokens - 1)), wait or 1)),
        ]
        if not is_allowed:
            raise TooManyRequests(retry_after=wait)
