"""One pure ASGI layer around every service: correlation, limits, metrics, access log, and no unexplained failure."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.context import Correlation, correlated, new_correlation
from libs.common.log import get_logger
from libs.common.metrics import REQUEST_SECONDS, REQUESTS_IN_PROGRESS
from libs.common.problem_answers import problem_response
from libs.common.problems import BodyTooLarge, InternalError, Problem, Unavailable

log = get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
_LINGER_SECONDS = 2.0


class Edge:
    """Wraps the application; `body_limits` maps paths to larger limits in bytes."""

    def __init__(
        self, app: ASGIApp, concurrency_limit: int, body_limits: dict[str, int] | None = None
    ) -> None:
        self._app = app
        self._concurrency_limit = concurrency_limit
        self._body_limits = body_limits or {}
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        correlation = new_correlation(_text(headers, b"x-request-id"), _text(headers, b"traceparent"))
        exchange = _Exchange(scope, receive, send, correlation, self._limit(scope["path"]))
        with correlated(correlation):
            self._in_progress += 1
            REQUESTS_IN_PROGRESS.set(self._in_progress)
            try:
                await self._answer(exchange, headers)
            finally:
                self._in_progress -= 1
                REQUESTS_IN_PROGRESS.set(self._in_progress)
                exchange.report()

    def _limit(self, path: str) -> int:
        return self._body_limits.get(path, MAX_BODY)

    async def _answer(self, exchange: "_Exchange", headers: dict[bytes, bytes]) -> None:
        try:
            self._admit()
            exchange.check_length(headers.get(b"content-length", b"0"))
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except Problem as problem:
            await exchange.send_problem(problem)
        except Exception:
            log.exception("request_failed", path=exchange.scope["path"])
            await exchange.send_problem(InternalError())

    def _admit(self) -> None:
        if self._in_progress > self._concurrency_limit:
            raise Unavailable("Too many requests are in progress.", detail_zh="当前并发请求过多。")


class _Exchange:
    """One request and its answer: counts received bytes, adds headers to what is sent, remembers the status.

    A request that is answered before its long body was read is the last of its connection: the rest could be endless.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, correlation: Correlation, body_limit: int
    ) -> None:
        self.scope = scope
        scope.setdefault("state", {})
        self._receive, self._send = receive, send
        self._correlation = correlation
        self._body_limit = body_limit
        self._received = 0
        self._is_body_left = _may_be_long(scope)
        self._started = time.perf_counter()
        self._status = 0
        self._is_complete = False

    def check_length(self, declared: bytes) -> None:
        if declared.isdigit() and (len(declared) > 18 or int(declared) > self._body_limit):
            raise BodyTooLarge

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._is_body_left = message.get("more_body", False)
            if self._received > self._body_limit:
                raise BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [
                *message.get("headers", []),
                (b"x-request-id", self._correlation.id.encode()),
                *self.scope["state"].get("rate_headers", []),
                *([(b"connection", b"close")] if self._is_body_left else []),
            ]
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_last and self._is_body_left:
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body"}
        await self._send(message)
        self._is_complete |= is_last

    async def _linger(self) -> None:
        """Read on for a moment: closed on unread bytes, a connection is reset before the client has the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while self._is_body_left:
                    self._is_body_left = (await self._receive()).get("more_body", False)

    async def send_problem(self, problem: Problem) -> None:
        """Answer with the problem unless there is an answer; one that was only begun can only be cut."""
        if self._is_complete:
            return
        if self._status:
            raise problem
        response = problem_response(problem, self.scope["path"], self._correlation.id)
        await response(self.scope, self._receive, self.send)

    def report(self) -> None:
        seconds = time.perf_counter() - self._started
        route = getattr(self.scope.get("route"), "path", "unmatched")
        method = self.scope["method"] if route != "unmatched" else "any"
        REQUEST_SECONDS.labels(method, route, self._status).observe(seconds)
        principal: Any = self.scope["state"].get("principal")
        log.info(
            "request_answered",
            method=self.scope["method"],
            path=self.scope["path"],
            route=route,
            status=self._status,
            milliseconds=round(seconds * 1000, 2),
            tenant=str(principal.tenant) if principal else None,
            actor=principal.actor if principal else None,
        )


def _may_be_long(scope: Scope) -> bool:
    """Whether the body is more than what the server would drop without harm."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or len(length) > 5


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return value.decode("latin-1") if value is not None else None
