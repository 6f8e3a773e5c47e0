"""Composition root of notify: opens what the processes need and wires it together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from libs.common.app import build_api, create_app
from libs.common.db import Pool
from libs.common.health import service_health
from libs.common.loops import Loop
from libs.common.object_store import ObjectStore
from libs.common.process import make_service_consumer, open_authenticator, open_relay, open_service_pool
from libs.common.server import run_worker as run_loops
from libs.common.server import serve_api
from libs.common.settings import Settings
from services.notify.api import deliveries, feed, inbox
from services.notify.consumers import HANDLERS, TOPICS
from services.notify.notice_sender import NoticeSender
from services.notify.sender import Sender
from services.notify.settings import WorkerSettings
from services.notify.smtp import Connection

NAME = "notify"
MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = ["HANDLERS", "MIGRATIONS", "NAME", "build", "load_settings", "run_api", "run_worker"]


@dataclass(frozen=True, slots=True)
class Resources:
    """What the requests of an api process share."""

    pool: Pool


def load_settings() -> Settings:
    """What every process needs; `run_worker` reads the rest."""
    return Settings()


def build() -> FastAPI:
    """The application without its resources; also the source of the OpenAPI document."""
    return build_api("OpenFapiao notify", [feed.router, inbox.router, deliveries.router])


async def run_api(settings: Settings) -> None:
    """Serve until a signal."""
    async with (
        open_service_pool(settings, "notify-api") as pool,
        open_authenticator(pool, settings) as authenticator,
    ):
        app = create_app(build(), settings, authenticator, resources=Resources(pool))
        await serve_api(app, settings, service_health(pool, MIGRATIONS))


async def run_worker(_: Settings) -> None:
    """Relay, consumer and sender, until a signal."""
    settings = WorkerSettings()
    async with (
        open_service_pool(settings, "notify-worker") as pool,
        open_relay(pool, settings, NAME) as loops,
        open_sender(pool, settings) as sender,
        open_notice_sender(pool, settings) as notice_sender,
    ):
        loops.append(Loop("sender", sender.step, idle_seconds=0.2))
        loops.append(Loop("notices", notice_sender.step, idle_seconds=1.0))
        consumer = make_service_consumer(pool, settings, NAME, TOPICS, HANDLERS)
        await run_loops(settings, service_health(pool, MIGRATIONS), loops=loops, consumer=consumer)


@asynccontextmanager
async def open_sender(pool: Pool, settings: WorkerSettings) -> AsyncIterator[Sender]:
    """The sender with its connections to the mail server and to the archive."""
    documents = ObjectStore(
        settings.s3_url, settings.s3_access_key, settings.s3_secret_key.get_secret_value()
    )
    connections = [
        Connection(settings.smtp_host, settings.smtp_port, sender=settings.mail_from)
        for _ in range(settings.mail_connections)
    ]
    sender = Sender(
        pool, documents, connections, sender=settings.mail_from, most_bytes=settings.mail_most_bytes
    )
    try:
        yield sender
    finally:
        await sender.close()
        documents.close()


@asynccontextmanager
async def open_notice_sender(pool: Pool, settings: WorkerSettings) -> AsyncIterator[NoticeSender]:
    """On a connection of its own, so that a crowd of invoices holds up no notice."""
    connection = Connection(settings.smtp_host, settings.smtp_port, sender=settings.mail_from)
    sender = NoticeSender(pool, connection, sender=settings.mail_from)
    try:
        yield sender
    finally:
        await sender.close()
