"""Composition root of render: the API that hands out documents, and the worker that draws and archives them."""

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from libs.common.app import build_api, create_app
from libs.common.db import transaction
from libs.common.health import service_health
from libs.common.loops import Loop
from libs.common.process import make_service_consumer, open_authenticator, open_relay
from libs.common.server import run_worker as run_loops
from libs.common.server import serve_api
from services.render.api import (
    documents,
    downloads,
    previews,
    printers,
    printing,
    proofs,
    regenerations,
    retention,
    verifications,
)
from services.render.consumers import make_handlers
from services.render.day_sealer import DaySealer
from services.render.domain import FORMATS
from services.render.drawing import DRAWERS, drawable
from services.render.metrics import DOCUMENTS_PENDING, OLDEST_PENDING_SECONDS
from services.render.queries import measure_pending
from services.render.renderer import Renderer
from services.render.resources import Resources, open_resources
from services.render.retention.keeper import Keeper
from services.render.settings import RenderSettings

NAME = "render"
MIGRATIONS = Path(__file__).parent / "migrations"
BODY_LIMITS = {previews.PATH: previews.MOST_BYTES, verifications.PATH: verifications.MOST_BYTES}
TOPICS = ("auth.events", "invoice.events")
# For what is replayed by hand; the worker goes by its setting.
HANDLERS = make_handlers(drawable(FORMATS))
# One stores while the other draws.
RENDERERS = 3
PROOF_SECONDS = 86_400.0
# A client waits; a store that needs longer for one document is ill (it tries a damaged one again and again).
READ_SECONDS = 3.0

__all__ = ["HANDLERS", "MIGRATIONS", "NAME", "build", "load_settings", "run_api", "run_worker"]


def load_settings() -> RenderSettings:
    return RenderSettings()


def build() -> FastAPI:
    """The API without resources; its OpenAPI document is the public one."""
    return build_api(
        "OpenFapiao render",
        [
            downloads.router,
            documents.router,
            documents.link_router,
            previews.router,
            printers.router,
            printing.router,
            proofs.router,
            regenerations.router,
            retention.router,
            verifications.router,
        ],
    )


async def run_api(settings: RenderSettings) -> None:
    async with (
        open_resources(settings, "api", read_seconds=READ_SECONDS) as resources,
        open_authenticator(resources.pool, settings) as authenticator,
    ):
        app = create_app(build(), settings, authenticator, resources=resources, body_limits=BODY_LIMITS)
        await serve_api(app, settings, service_health(resources.pool, MIGRATIONS))


async def run_worker(settings: RenderSettings) -> None:
    async with (
        open_resources(settings, "worker") as resources,
        open_relay(resources.pool, settings, NAME) as relay_loops,
    ):
        renderer = Renderer(
            resources.pool,
            resources.archive,
            DRAWERS,
            sealer=resources.sealer,
            batch=settings.render_batch,
            lease=timedelta(seconds=settings.render_lease_seconds),
            retention=timedelta(days=settings.retention_days) or None,
        )
        keeper = Keeper(resources.pool, resources.archive)
        loops = [
            *relay_loops,
            Loop("archive", resources.archive.prove, idle_seconds=PROOF_SECONDS),
            *(Loop(f"renderer-{n}", renderer.step, idle_seconds=0.1) for n in range(1, RENDERERS + 1)),
            Loop("locks", keeper.extend_locks, idle_seconds=1.0),
            Loop("terms", keeper.apply_choices, idle_seconds=10.0),
            Loop("orphans", keeper.sweep_orphans, idle_seconds=min(600.0, settings.short_lock_seconds)),
            Loop("locks-backlog", keeper.measure, idle_seconds=15.0),
            Loop("day-sealer", DaySealer(resources.pool, resources.sealer).step, idle_seconds=30.0),
            Loop("documents-backlog", lambda: _measure(resources), idle_seconds=5.0),
        ]
        handlers = make_handlers(drawable(settings.render_formats.split(",")))
        consumer = make_service_consumer(resources.pool, settings, NAME, TOPICS, handlers)
        try:
            await run_loops(
                settings, service_health(resources.pool, MIGRATIONS), loops=loops, consumer=consumer
            )
        finally:
            renderer.close()


async def _measure(resources: Resources) -> bool:
    async with transaction(resources.pool) as tx:
        documents, oldest_seconds = await measure_pending(tx)
    DOCUMENTS_PENDING.set(documents)
    OLDEST_PENDING_SECONDS.set(oldest_seconds)
    return False
