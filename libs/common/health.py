"""Liveness, readiness and metrics, on the internal port only."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import prometheus_client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.common.db import Pool, transaction
from libs.common.loops import Heartbeats
from libs.common.migrate import COMMON_SQL, missing_migrations
from libs.common.problems import Problem

# Raises if the process cannot do its work; the text becomes the reason.
Check = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Health:
    """State of the process. Readiness asks `checks` (own database), never Kafka or S3: the outbox absorbs those."""

    heartbeats: Heartbeats = field(default_factory=Heartbeats)
    checks: dict[str, Check] = field(default_factory=dict)
    is_draining: bool = False

    async def reasons(self) -> dict[str, str]:
        """Why the process is not ready; empty when it is."""
        found = {"process": "draining"} if self.is_draining else {}
        for name, check in self.checks.items():
            try:
                await check()
            except (Problem, RuntimeError) as error:
                found[name] = str(error)
        return found


def database_check(pool: Pool, migrations: Sequence[Path]) -> Check:
    """The pool is usable and the schema is the one this release expects."""

    async def check() -> None:
        async with transaction(pool) as tx:
            missing = await missing_migrations(tx, migrations)
        if missing:
            raise RuntimeError(f"migrations missing: {', '.join(missing)}")

    return check


def service_health(pool: Pool, migrations: Path, **checks: Check) -> Health:
    """Of a process of a service: ready with its own database, and with `checks` if there are more."""
    return Health(checks={"database": database_check(pool, [COMMON_SQL, migrations]), **checks})


def internal_app(health: Health) -> Starlette:
    """`/health/live`, `/health/ready`, `/metrics`."""

    async def live(_: Request) -> Response:
        stuck = health.heartbeats.stuck()
        return JSONResponse({"live": not stuck, "stuck": stuck}, 503 if stuck else 200)

    async def ready(_: Request) -> Response:
        reasons = await health.reasons()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(_: Request) -> Response:
        return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]
    )
