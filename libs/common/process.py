"""What the processes of every service have in common: the command line, and the parts each one opens."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import aiohttp

from libs.common.auth import Authenticator
from libs.common.consumer import Applier, Consumer, Handlers
from libs.common.db import Pool, open_pool
from libs.common.dead_letters import measure_dead_letters
from libs.common.housekeeping import keep_house
from libs.common.jwks import KeySet
from libs.common.kafka import make_consumer, make_producer
from libs.common.log import configure_logging
from libs.common.loops import Loop
from libs.common.migrate import COMMON_SQL, migrate
from libs.common.relay import Relay
from libs.common.replay import replay
from libs.common.server import run
from libs.common.settings import Settings


class ServiceMain(Protocol):
    """What a service's `main.py` offers to `run_process`."""

    NAME: str
    MIGRATIONS: Path
    HANDLERS: Handlers

    def load_settings(self) -> Any: ...

    def run_api(self, settings: Any, /) -> Coroutine[Any, Any, None]: ...

    def run_worker(self, settings: Any, /) -> Coroutine[Any, Any, None]: ...


def run_process(service: ServiceMain) -> None:
    """`python -m services.<name> api | worker | migrate | replay [--dry-run] [SUBJECT]`."""
    command, *arguments = sys.argv[1:] or [""]
    commands: dict[str, Callable[[Any], Coroutine[Any, Any, None]]] = {
        "api": service.run_api,
        "worker": service.run_worker,
        "migrate": partial(_migrate, service),
        "replay": partial(_replay, service, arguments),
    }
    if command not in commands:
        raise SystemExit(f"usage: python -m services.{service.NAME} {' | '.join(commands)}")
    settings = service.load_settings()
    configure_logging(service.NAME, settings.log_level)
    run(commands[command](settings))


async def _migrate(service: ServiceMain, settings: Settings) -> None:
    await migrate(settings.database_url, [COMMON_SQL, service.MIGRATIONS])


async def _replay(service: ServiceMain, arguments: Sequence[str], settings: Settings) -> None:
    subjects = [UUID(argument) for argument in arguments if not argument.startswith("--")]
    async with open_pool(settings.database_url, connections=2, name=f"{service.NAME}-replay") as pool:
        outcomes = await replay(
            pool,
            service.HANDLERS,
            subject=subjects[0] if subjects else None,
            is_dry_run="--dry-run" in arguments,
        )
    if not outcomes:
        sys.stdout.write("no dead letters wait\n")
    for outcome in outcomes:
        state = outcome.error or "applied"
        sys.stdout.write(
            f"{outcome.aggregate.source} {outcome.aggregate.subject} {outcome.letters} {state}\n"
        )


def open_service_pool(settings: Settings, name: str) -> AbstractAsyncContextManager[Pool]:
    """The pool of a process; `name` shows in pg_stat_activity."""
    return open_pool(settings.database_url, connections=settings.database_connections, name=name)


@asynccontextmanager
async def open_authenticator(pool: Pool, settings: Settings) -> AsyncIterator[Authenticator]:
    """Credentials checked against this service's own copies and the keys of auth."""
    async with aiohttp.ClientSession() as http:
        yield Authenticator(pool, KeySet(settings.jwks_url, http))


@asynccontextmanager
async def open_relay(pool: Pool, settings: Settings, service: str) -> AsyncIterator[list[Loop]]:
    """The loops every worker runs: relay, backlog measurement, housekeeping."""
    relay = Relay(pool, lambda: make_producer(settings.kafka_bootstrap, f"{service}-relay"))

    async def measure() -> bool:
        await relay.measure()
        await measure_dead_letters(pool)
        return False

    try:
        yield [
            Loop("relay", relay.step, idle_seconds=0.1),
            Loop("backlog", measure, idle_seconds=5.0),
            Loop("housekeeping", partial(keep_house, pool), idle_seconds=600.0),
        ]
    finally:
        await asyncio.wait_for(relay.close(), 10)


def make_service_consumer(
    pool: Pool, settings: Settings, service: str, topics: Sequence[str], handlers: Handlers
) -> Consumer:
    """One consumer for all topics of the service, in the group `openfapiao.<service>`."""
    connect = partial(
        make_consumer, settings.kafka_bootstrap, f"openfapiao.{service}", service, tuple(topics)
    )
    return Consumer(Applier(pool, handlers), connect)
