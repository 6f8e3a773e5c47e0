"""Two walls between tenants, and nothing secret in logs or at rest."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from structlog.testing import capture_logs

from libs.common.db import transaction
from tests.helpers.auth_desk import AuthDesk, open_auth_desk, sha256_hex
from tests.helpers.databases import MakeDatabase

TABLES = """
select c.relname, c.relrowsecurity and c.relforcerowsecurity as is_forced
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


async def busy_tenant(desk: AuthDesk) -> object:
    """With a row in every table of a tenant."""
    tenant = await desk.make_tenant()
    person = await desk.make_user(tenant)
    bearer = (await desk.tokens(person))["access_token"]
    await desk.make_api_key(tenant)
    await desk.call("POST", "/sign-out", bearer=bearer)
    await desk.deliver_events()
    return tenant


async def test_api_role_sees_its_own_tenant_and_without_one_nothing(desk: AuthDesk) -> None:
    mine, _ = await busy_tenant(desk), await busy_tenant(desk)
    async with transaction(desk.api_pool) as tx:
        tables = {row["relname"]: row["is_forced"] for row in await tx.fetch(TABLES)}
    assert {"users", "user_sessions", "refresh_tokens", "issued_api_keys", "audit_entries"} <= tables.keys()
    assert all(tables.values())
    own = ("tenant_accounts", "users", "user_sessions", "refresh_tokens", "issued_api_keys", "audit_entries")
    for table in own:
        async with transaction(desk.api_pool) as tx:
            assert await tx.fetchval(f"select count(*) from {table}") == 0  # noqa: S608 - fixed names
        async with transaction(desk.api_pool, mine) as tx:  # type: ignore[arg-type]
            rows = await tx.fetch(f"select distinct tenant_id from {table}")  # noqa: S608 - fixed names
        assert [row["tenant_id"] for row in rows] == [mine], table


async def test_api_role_cannot_write_for_others_nor_change_history(desk: AuthDesk) -> None:
    mine, other = await busy_tenant(desk), await busy_tenant(desk)
    forbidden = (
        "delete from users",
        "delete from audit_entries",
        "update audit_entries set actor = 'x'",
        "update tenant_accounts set burst = 1",
        "delete from revoked_sessions",
        "delete from signing_keys",
        "update signing_keys set active_from = now()",
        f"insert into audit_entries values ('{other}', '{other}', now(), '', '', null, '', '', '{{}}')",  # noqa: S608
    )
    for statement in forbidden:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(desk.api_pool, mine) as tx:  # type: ignore[arg-type]
                await tx.execute(statement)


async def test_lookups_before_the_tenant_is_known_need_the_exact_value(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    async with transaction(desk.api_pool) as tx:
        assert len(await tx.fetch("select * from find_login($1)", person.username)) == 1
        for name in ("%", person.username[:-1] + "%", person.username.upper(), "' or true --", ""):
            assert await tx.fetch("select * from find_login($1)", name) == []


async def test_nothing_secret_is_logged_or_kept_readable(
    desk: AuthDesk, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines, caplog.at_level("DEBUG"):
        secrets, key_hash = await live_a_day(desk)
    foreign = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    logged, kept = f"{lines}{foreign}", await everything_kept(desk)
    assert "request_answered" in logged
    for secret in secrets:
        assert secret not in logged
        assert secret not in kept
    assert key_hash in kept


async def live_a_day(desk: AuthDesk) -> tuple[list[str], str]:
    """Everything that handles a secret, once; returns the secrets, and the hash of the key's."""
    tenant = await desk.make_tenant()
    person = await desk.make_user(tenant, password="Canary of passwords 7")
    tokens = await desk.tokens(person)
    fresh = (await desk.refresh(tokens["refresh_token"])).json()
    bearer = fresh["access_token"]
    body = {"name": "k", "scopes": ["invoice:read"]}
    key = (await desk.call("POST", "/api-keys", body, bearer=bearer)).json()
    await desk.sign_in(person.username, "Canary of wrong passwords")
    await desk.call("GET", f"/me?api_key={key['secret']}")
    await desk.form({"grant_type": "x", "client_id": key["id"], "client_secret": key["secret"]})
    await desk.call("POST", "/users", {"username": "x", "password": "Canary in a bad body"}, bearer=bearer)
    await desk.deliver_events()
    handed_out = [pair[name] for pair in (tokens, fresh) for name in ("access_token", "refresh_token")]
    typed = [person.password, "Canary of wrong passwords", "Canary in a bad body"]
    return [*typed, *handed_out, key["secret"]], sha256_hex(key["secret"])


async def everything_kept(desk: AuthDesk) -> str:
    """Every row of every table as text, payloads of events decoded."""
    connection = await asyncpg.connect(desk.database.superuser)
    try:
        names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        rows = [
            row["row"]
            for name in names
            for row in await connection.fetch(f"select t::text as row from {name['tablename']} t")  # noqa: S608
        ]
        payloads = [row["payload"].decode() for row in await connection.fetch("select payload from outbox")]
    finally:
        await connection.close()
    return "\n".join([*rows, *payloads])
