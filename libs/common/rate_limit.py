"""A token bucket per tenant in each api process, answered with the IETF draft's RateLimit headers."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

from libs.common.auth import Principal
from libs.common.ids import TenantId
from libs.common.problems import TooManyRequests

_MOST_TENANTS = 10_000


class RateLimits:
    """Each of `processes` api processes hands out its share of a tenant's rate and burst."""

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._processes = processes
        self._clock = clock
        self._buckets: OrderedDict[TenantId, tuple[float, float]] = OrderedDict()

    def take(self, request: Request, principal: Principal) -> None:
        """Take a token for this request or raise TooManyRequests; the answer's headers tell what is left."""
        rate = max(1.0, principal.rate_per_second / self._processes)
        burst = max(1.0, principal.burst / self._processes)
        now = self._clock()
        tokens, at = self._buckets.pop(principal.tenant, (burst, now))
        tokens = min(burst, tokens + (now - at) * rate)
        is_allowed = tokens >= 1.0
        self._buckets[principal.tenant] = (tokens - is_allowed, now)
        if len(self._buckets) > _MOST_TENANTS:
            self._buckets.popitem(last=False)
        wait = 0 if is_allowed else math.ceil((1.0 - tokens) / rate)
        request.state.rate_headers = [
            (b"ratelimit-policy", b'"tenant";q=%d;w=1' % principal.rate_per_second),
            (b"ratelimit", b'"tenant";r=%d;t=%d' % (max(0, int(tokens - 1)), wait or 1)),
        ]
        if not is_allowed:
            raise TooManyRequests(retry_after=wait)
