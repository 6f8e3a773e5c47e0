"""Roles and databases of the services, created by the superuser as often as one likes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

SERVICES = ("auth", "invoice", "render", "notify", "support")
# What a login role may do comes from the group of this name: services grant to groups only.
ROLES = ("owner", "api", "worker")

CREATE_GROUP = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'ofp_{role}') then
    create role ofp_{role} nologin noinherit;
  end if;
end $$
"""
CREATE_LOGIN = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'ofp_{service}_{role}') then
    create role ofp_{service}_{role} login in role ofp_{role};
  end if;
end $$
"""
SET_PASSWORD = "select format('alter role %I password %L', $1::text, $2::text)"  # noqa: S105 - a statement
FIND_DATABASE = "select exists (select from pg_database where datname = $1)"


def role_name(service: str, role: str) -> str:
    return f"ofp_{service}_{role}"


def database_url(port: int, service: str, role: str, password: str, database: str = "") -> str:
    """The address with which one role of one service reaches its database (or a copy of it)."""
    return (
        f"postgresql://{role_name(service, role)}:{password}@127.0.0.1:{port}/{database or f'ofp_{service}'}"
    )


async def create_roles(superuser: str, password: Callable[[str], str]) -> None:
    """Groups `ofp_ROLE` and logins `ofp_SERVICE_ROLE` with `password(login)`."""
    async with connected(superuser) as connection, connection.transaction():
        # Two that set up at the same time must not both find a role missing.
        await connection.execute("select pg_advisory_xact_lock(1)")
        for role in ROLES:
            await connection.execute(CREATE_GROUP.format(role=role))
        for service in SERVICES:
            for role in ROLES:
                await connection.execute(CREATE_LOGIN.format(service=service, role=role))
                name = role_name(service, role)
                await connection.execute(await connection.fetchval(SET_PASSWORD, name, password(name)))


async def create_database(superuser: str, service: str, name: str = "", template: str = "template0") -> None:
    """Database `name` of a service: owned by its owner role, closed to everybody but its three roles."""
    database = name or f"ofp_{service}"
    logins = ", ".join(role_name(service, role) for role in ROLES)
    async with connected(superuser) as connection:
        if not await connection.fetchval(FIND_DATABASE, database):
            await connection.execute(
                f"create database {database} owner {role_name(service, 'owner')} template {template}"
            )
        await connection.execute(f"revoke all on database {database} from public")
        await connection.execute(f"grant connect on database {database} to {logins}")


async def drop_database(superuser: str, database: str) -> None:
    async with connected(superuser) as connection:
        await connection.execute(f"drop database if exists {database} with (force)")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One short-lived connection."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()
