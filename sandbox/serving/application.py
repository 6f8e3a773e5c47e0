"""What every sandbox program answers alike: problems, request ids, health, metrics, one log line a request."""

import re
import time
import uuid
from typing import TypeVar

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

from sandbox.serving import strict_json
from sandbox.serving.database import Database
from sandbox.serving.problems import (
    OF_STATUS,
    InternalError,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
    problem_response,
)

T = TypeVar("T")

DATABASE = web.AppKey("DATABASE", Database)
LOG = structlog.get_logger("sandbox.http")
REQUESTS = Counter("openfapiao_sandbox_requests_total", "Answered requests", ["method", "route", "status"])
SOUND_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
QUIET = ("/health/live", "/health/ready", "/metrics")


def make_application(database: Database, *, largest_body: int) -> web.Application:
    """An application with the common routes; it closes the database when it ends."""
    app = web.Application(middlewares=[answer], client_max_size=largest_body)
    app[DATABASE] = database
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    app.on_cleanup.append(close_database)
    return app


def json_response(value: object, *, status: int = 200) -> web.Response:
    """Any msgspec-encodable value as JSON."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The typed body; raises problems for the content type, the size, the syntax and the content."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType
    return strict_json.decode(await request.read(), kind)


def read_query(request: web.Request, kind: type[T]) -> T:
    """The typed query string; unknown and repeated parameters are refused."""
    values = dict(request.query)
    if len(values) != len(request.query):
        raise ValidationFailed("a parameter is given twice", pointer="?")
    try:
        return strict_json.convert(values, kind, strict=False)
    except ValidationFailed as problem:
        problem.pointer = "?" + (problem.pointer or "").lstrip("/")
        raise


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what was raised into a problem, then log and count the answer. Queries hold addresses: never logged."""
    given = request.headers.get("X-Request-Id", "")
    request_id = given if SOUND_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
    started = time.monotonic_ns()
    try:
        response = await handler(request)
    except Problem as problem:
        response = problem_response(problem, instance=request.path, request_id=request_id)
    except web.HTTPException as refusal:
        kind = OF_STATUS.get(refusal.status)
        if kind is None:
            raise
        response = problem_response(kind(), instance=request.path, request_id=request_id)
    except Exception:
        LOG.exception("request_failed", path=request.path, request_id=request_id)
        response = problem_response(InternalError(), instance=request.path, request_id=request_id)
    response.headers["X-Request-Id"] = request_id
    record(request, response.status, request_id=request_id, micros=(time.monotonic_ns() - started) // 1000)
    return response


def record(request: web.Request, status: int, *, request_id: str, micros: int) -> None:
    """One log line and one count."""
    if request.path in QUIET:
        return
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    REQUESTS.labels(request.method, route, status).inc()
    LOG.info(
        "request_answered",
        method=request.method,
        path=request.path,
        status=status,
        request_id=request_id,
        micros=micros,
    )


async def live(_request: web.Request) -> web.Response:
    """The process runs."""
    return json_response({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """The store answers."""
    try:
        await request.app[DATABASE].read(lambda tx: tx.execute("select 1").fetchone())
    except Exception as error:  # noqa: BLE001 - the reason is the answer
        return json_response({"status": "not_ready", "reasons": [f"store: {error}"]}, status=503)
    return json_response({"status": "ready", "reasons": []})


async def metrics(_request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def close_database(app: web.Application) -> None:
    """On shutdown, after the last answer."""
    app[DATABASE].close()
