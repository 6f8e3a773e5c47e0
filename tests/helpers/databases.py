"""A migrated database of its own for a test: cloned from a template that is migrated once a run."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from deploy.local.databases import create_database, create_roles, database_url, drop_database
from libs.common.migrate import COMMON_SQL, migrate
from tests.helpers.servers import PASSWORD, ROOT, Server, locked, run_folder


@dataclass(frozen=True)
class Database:
    """Addresses of one database, by role. `superuser` is for looking behind row-level security."""

    name: str
    owner: str
    api: str
    worker: str
    superuser: str


MakeDatabase = Callable[[str], Awaitable[Database]]


@asynccontextmanager
async def database_maker(server: Server) -> AsyncIterator[MakeDatabase]:
    """`await make("invoice")` gives a fresh migrated database of that service; all are dropped at the end."""
    made: list[str] = []

    async def make(service: str) -> Database:
        template = await _template(server, service)
        name = f"test_{service}_{uuid4().hex}"
        await create_database(server.url, service, name, template)
        made.append(name)
        return describe_database(server, service, name)

    try:
        yield make
    finally:
        for name in made:
            await drop_database(server.url, name)


def describe_database(server: Server, service: str, name: str) -> Database:
    def url(role: str) -> str:
        return database_url(server.port, service, role, PASSWORD, name)

    superuser = server.url.rpartition("/")[0] + f"/{name}"
    return Database(name, url("owner"), url("api"), url("worker"), superuser)


async def _template(server: Server, service: str) -> str:
    template = f"template_{service}"
    stamp = run_folder() / f"{template}.{server.pid}"
    with locked(run_folder() / f"{template}.lock"):
        if not stamp.exists():
            await create_roles(server.url, lambda _: PASSWORD)
            await create_database(server.url, service, template)
            owner = database_url(server.port, service, "owner", PASSWORD, template)
            await migrate(owner, [COMMON_SQL, ROOT / "services" / service / "migrations"])
            stamp.touch()
    return template
