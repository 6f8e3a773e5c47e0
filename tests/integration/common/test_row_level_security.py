"""Every table of every service that holds a tenant's rows hides them: found in the catalogue, not in a list."""

# ruff: noqa: S608 - the names put into statements come from the catalogue

from contextlib import suppress
from uuid import UUID

import asyncpg
import pytest

from deploy.local.databases import SERVICES, connected
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId
from tests.helpers.databases import Database, MakeDatabase

A, B, STRANGER = (TenantId(UUID(int=number)) for number in (1, 2, 3))

TENANT_TABLES = """
select c.relname as name, c.relrowsecurity as is_enabled, c.relforcerowsecurity as is_forced,
  array(select polroles from pg_policy p where p.polrelid = c.oid) as policies
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
order by c.relname
"""
GROUPS = "select oid, rolname from pg_roles where rolname like 'ofp%'"
# Views that run as their owner and materialized views: neither asks the policies.
OPEN_RELATIONS = """
select relname
from pg_class c
where relnamespace = 'public'::regnamespace
  and (relkind = 'm' or (relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false)))
"""
PRIVILEGES = """
select r.rolname as role, r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb as is_mighty,
  (select count(*) from pg_class c where c.relowner = r.oid) as owned,
  has_schema_privilege(r.oid, 'public', 'create') as may_create,
  pg_has_role(r.oid, 'ofp_owner', 'member') as is_owner
from pg_roles r
where r.rolname = any($1)
"""
OPEN_FUNCTIONS = """
select proname
from pg_proc
where pronamespace = 'public'::regnamespace and prosecdef
  and (proconfig is null or proconfig::text not like '%search_path=public, pg_temp%'
       or has_function_privilege('public', oid, 'execute'))
"""
COLUMNS = """
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
from pg_attribute a
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
order by a.attnum
"""
CHECKS = """
select conrelid::regclass::text as table, conname as name
from pg_constraint
where connamespace = 'public'::regnamespace and contype in ('c', 'f')
"""


@pytest.mark.parametrize("service", SERVICES)
async def test_catalogue_of_a_service_leaves_no_table_open(service: str, database: MakeDatabase) -> None:
    made = await database(service)
    async with connected(made.superuser) as connection:
        groups = {row["oid"]: row["rolname"] for row in await connection.fetch(GROUPS)}
        tables = await connection.fetch(TENANT_TABLES)
        assert len(tables) >= 6
        for table in tables:
            roles = {groups.get(oid, "public") for oids in table["policies"] for oid in oids}
            assert (table["is_enabled"], table["is_forced"]) == (True, True), table["name"]
            assert {"ofp_api", "ofp_worker"} & roles, table["name"]
            assert "public" not in roles, table["name"]
        assert await connection.fetch(OPEN_RELATIONS) == []
        assert await connection.fetch(OPEN_FUNCTIONS) == []
        roles_of_service = [f"ofp_{service}_api", f"ofp_{service}_worker", "ofp_api", "ofp_worker"]
        privileges = await connection.fetch(PRIVILEGES, roles_of_service)
        assert {row["role"]: tuple(row)[1:] for row in privileges} == dict.fromkeys(
            roles_of_service, (False, 0, False, False)
        )


@pytest.mark.parametrize("service", SERVICES)
async def test_api_role_sees_and_changes_its_tenants_rows_only(service: str, database: MakeDatabase) -> None:
    made = await database(service)
    tables = await fill_every_table(made)
    readable = 0
    async with open_pool(made.api, connections=1, name="test-api") as pool:
        for table in tables:
            for tenant, expected in ((None, 0), (A, 1), (B, 1), (STRANGER, 0)):
                rows = await read_as(pool, table, tenant)
                if rows is not None:
                    assert rows == [tenant] * expected, (table, tenant)
                    readable += 1
            for change in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
                with suppress(asyncpg.InsufficientPrivilegeError):
                    async with transaction(pool, STRANGER) as tx:
                        assert (await tx.execute(change)).endswith(" 0"), table
    assert readable >= 4 * 3


async def read_as(pool: Pool, table: str, tenant: TenantId | None) -> list[UUID] | None:
    """The tenants of the rows that the role sees; None where it may not look at all."""
    try:
        async with transaction(pool, tenant) as tx:
            return [row["tenant_id"] for row in await tx.fetch(f"select tenant_id from {table}")]
    except asyncpg.InsufficientPrivilegeError:
        return None


async def fill_every_table(made: Database) -> list[str]:
    """A row of tenant A and one of tenant B in every table that has tenants; returns the tables."""
    async with connected(made.superuser) as connection:
        # Rows need no meaning here, so what gives them meaning is taken from this copy.
        for check in await connection.fetch(CHECKS):
            await connection.execute(f'alter table {check["table"]} drop constraint "{check["name"]}"')
        tables = [table["name"] for table in await connection.fetch(TENANT_TABLES)]
        for table in tables:
            await fill(connection, table)
            assert await connection.fetchval(f"select count(*) from {table}") == 2
    return tables


async def fill(connection: asyncpg.Connection, table: str) -> None:
    await connection.execute(f"delete from {table}")
    columns = await connection.fetch(COLUMNS, table)
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    for number, tenant in enumerate((A, B), 1):
        values = [
            f"'{tenant}'" if column["name"] == "tenant_id" else value_of(column["type"], number)
            for column in columns
        ]
        await connection.execute(f"insert into {table} ({names}) values ({', '.join(values)})")


def value_of(kind: str, number: int) -> str:
    """A different value of the type for each number, as SQL."""
    if kind.endswith("[]"):
        return f"array[]::{kind}"
    plain = {
        "uuid": f"'00000000-0000-0000-0001-{number:012d}'",
        "jsonb": f"'{number}'",
        "json": f"'{number}'",
    }
    plain |= {"bytea": f"'\\x{number:02x}'", "boolean": "true", "date": f"date '2026-01-01' + {number}"}
    plain |= {"timestamp with time zone": f"timestamptz '2026-01-01 00:00Z' + interval '{number} day'"}
    plain |= {"inet": f"'127.0.0.{number}'", "tsvector": "''", "interval": f"interval '{number} s'"}
    return plain.get(kind, f"'{number}'")
