"""Composition root of auth."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from libs.common import credentials
from libs.common.app import build_api, create_app
from libs.common.auth import Authenticator
from libs.common.clock import utc_now
from libs.common.consumer import Handlers
from libs.common.db import Pool, transaction
from libs.common.health import service_health
from libs.common.loops import Loop
from libs.common.process import make_service_consumer, open_relay, open_service_pool
from libs.common.server import run_worker as run_loops
from libs.common.server import serve_api
from services.auth.api import ROUTERS
from services.auth.commands.signing_keys import make_first_keys
from services.auth.key_ring import KeyRing
from services.auth.passwords import Passwords
from services.auth.resources import Resources
from services.auth.secret_keys import SecretKeys
from services.auth.settings import AuthSettings, load_settings
from services.auth.upkeep import keep_keys, prune

__all__ = ["HANDLERS", "MIGRATIONS", "NAME", "build", "load_settings", "run_api", "run_worker"]

NAME = "auth"
MIGRATIONS = Path(__file__).parent / "migrations"
# Auth keeps the same copies as every service: what its own routes accept is what the others accept.
HANDLERS: Handlers = {**credentials.HANDLERS}
TOPICS = ("auth.events",)


def build() -> FastAPI:
    """The API without resources, for its OpenAPI document."""
    return build_api("OpenFapiao auth", ROUTERS)


@asynccontextmanager
async def open_resources(
    pool: Pool, settings: AuthSettings, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Resources]:
    """Makes the first signing keys where there are none."""
    secret_keys = make_secret_keys(settings)
    async with transaction(pool) as tx:
        await make_first_keys(tx, secret_keys, now=clock())
    passwords = Passwords(settings.password_threads, settings.password_queue)
    try:
        yield Resources(pool, passwords, secret_keys, KeyRing(pool, secret_keys, clock), clock)
    finally:
        passwords.close()


def make_secret_keys(settings: AuthSettings) -> SecretKeys:
    return SecretKeys(settings.key_encryption_secret.get_secret_value())


async def run_api(settings: AuthSettings) -> None:
    async with (
        open_service_pool(settings, "auth-api") as pool,
        open_resources(pool, settings) as resources,
    ):
        app = create_app(build(), settings, Authenticator(pool, resources.key_ring), resources=resources)
        health = service_health(pool, MIGRATIONS, signing_keys=resources.key_ring.check)
        await serve_api(app, settings, health)


async def run_worker(settings: AuthSettings) -> None:
    async with (
        open_service_pool(settings, "auth-worker") as pool,
        open_relay(pool, settings, NAME) as relay,
    ):
        loops = [
            *relay,
            Loop("signing_keys", partial(keep_keys, pool, make_secret_keys(settings)), idle_seconds=30.0),
            Loop("sign_in_records", partial(prune, pool), idle_seconds=60.0),
        ]
        consumer = make_service_consumer(pool, settings, NAME, TOPICS, HANDLERS)
        await run_loops(settings, service_health(pool, MIGRATIONS), loops=loops, consumer=consumer)
