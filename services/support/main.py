"""Composition root of support: the ticket API, and the worker that learns of invoices and watches their promises."""

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from libs.common.app import build_api, create_app
from libs.common.health import service_health
from libs.common.loops import Loop
from libs.common.process import make_service_consumer, open_authenticator, open_relay, open_service_pool
from libs.common.server import run_worker as run_loops
from libs.common.server import serve_api
from services.support.api import router
from services.support.consumers import HANDLERS, TOPICS
from services.support.horizon import open_horizon
from services.support.resources import Resources
from services.support.settings import SupportSettings, load_settings
from services.support.watcher import Watcher

NAME = "support"
MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = ["HANDLERS", "MIGRATIONS", "NAME", "build", "load_settings", "run_api", "run_worker"]


def build() -> FastAPI:
    """The API without resources; its OpenAPI document is part of the public one."""
    return build_api("OpenFapiao support", [router])


async def run_api(settings: SupportSettings) -> None:
    """Serve until a signal."""
    async with (
        open_service_pool(settings, "support-api") as pool,
        open_authenticator(pool, settings) as authenticator,
    ):
        app = create_app(build(), settings, authenticator, resources=Resources(pool))
        await serve_api(app, settings, service_health(pool, MIGRATIONS))


async def run_worker(settings: SupportSettings) -> None:
    """Relay, consumer and watcher, until a signal."""
    async with (
        open_service_pool(settings, "support-worker") as pool,
        open_relay(pool, settings, NAME) as relay_loops,
        open_horizon(settings.kafka_bootstrap, f"openfapiao.{NAME}") as horizon,
    ):
        grace = timedelta(seconds=settings.promise_grace_seconds)
        watcher = Watcher(pool, horizon, grace=grace)
        loops = [*relay_loops, Loop("promises", watcher.step, idle_seconds=2.0)]
        consumer = make_service_consumer(pool, settings, NAME, TOPICS, HANDLERS)
        await run_loops(settings, service_health(pool, MIGRATIONS), loops=loops, consumer=consumer)
