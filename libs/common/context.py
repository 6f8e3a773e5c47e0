"""What travels from the HTTP request through every event and log line: request id and trace context."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

from libs.common.ids import new_id

_SOUND_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Correlation:
    """`id` is the request id of the HTTP request that began it all; `traceparent` as in W3C Trace Context."""

    id: str
    traceparent: str


_current: ContextVar[Correlation | None] = ContextVar("correlation", default=None)


def new_correlation(request_id: str | None = None, traceparent: str | None = None) -> Correlation:
    """Keep the caller's values where they are sound, make new ones otherwise."""
    if request_id is None or not _SOUND_ID.fullmatch(request_id):
        request_id = str(new_id())
    if traceparent is None or not _TRACEPARENT.fullmatch(traceparent):
        random = secrets.token_hex(24)
        traceparent = f"00-{random[:32]}-{random[32:]}-01"
    return Correlation(request_id, traceparent)


def current_correlation() -> Correlation:
    """The correlation of the running request or message; a new one outside of both."""
    return _current.get() or new_correlation()


@contextmanager
def correlated(correlation: Correlation, **fields: object) -> Iterator[None]:
    """Run a block under `correlation`; `fields` join every log line written inside."""
    token = _current.set(correlation)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=correlation.id, **fields)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        _current.reset(token)
