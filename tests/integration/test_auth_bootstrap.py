"""The command line that makes the first tenants, users and keys, and the one that rotates the signing key."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from tests.helpers.auth_desk import PASSWORD, SECRET, AuthDesk, open_auth_desk
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.servers import ROOT

WANTED: dict[str, Any] = {
    "tenants": [
        {"name": "武汉晴川数码科技有限公司", "rate_per_second": 5000, "burst": 10000},
        {"name": "平台", "is_platform": True},
    ],
    "users": [
        {
            "tenant": "武汉晴川数码科技有限公司",
            "username": "demo",
            "email": "demo@example.com",
            "password": PASSWORD,
            "roles": ["owner", "issuer"],
            "display_name": "张三",
        },
        {
            "tenant": "平台",
            "username": "operator",
            "password": PASSWORD,
            "roles": ["operator", "support_agent"],
            "display_name": "李四",
        },
    ],
    "api_keys": [
        {"tenant": "武汉晴川数码科技有限公司", "name": "demo", "environment": "test"},
        {"tenant": "武汉晴川数码科技有限公司", "name": "narrow", "scopes": ["invoice:read"]},
    ],
}


async def run(database: Database, module: str, wanted: object = None) -> tuple[int, str, str]:
    """A process of the command line; its exit code, output and error output."""
    environment = {
        **os.environ,
        "OFP_ENVIRONMENT": "local",
        "OFP_DATABASE_URL": database.worker,
        "OFP_KEY_ENCRYPTION_SECRET": SECRET,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate(json.dumps(wanted).encode())
    return process.returncode or 0, out.decode(), error.decode()


async def bootstrap(database: Database, wanted: object) -> dict[str, list[dict[str, Any]]]:
    code, out, error = await run(database, "services.auth.bootstrap", wanted)
    assert code == 0, error
    made: dict[str, list[dict[str, Any]]] = json.loads(out)
    return made


def with_secrets(made: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What a caller asks for the second time, who has kept the secrets."""
    secrets = [{"secret": key["secret"]} for key in made["api_keys"]]
    keys = [{**wanted, **kept} for wanted, kept in zip(WANTED["api_keys"], secrets, strict=True)]
    return {**WANTED, "api_keys": keys}


async def count_events(desk: AuthDesk) -> int:
    types = ("tenant_changed", "user_changed", "api_key_changed", "session_revoked")
    return sum([len(await desk.events(f"auth.{kind}.v1")) for kind in types])


async def test_bootstrap_makes_what_is_wanted_and_it_works(database: MakeDatabase) -> None:
    async with open_auth_desk(await database("auth")) as desk:
        made = await bootstrap(desk.database, WANTED)
        await desk.deliver_events()
        assert all(item["is_new"] for items in made.values() for item in items)
        operator = (await desk.sign_in("operator")).json()["access_token"]
        me = (await desk.call("GET", "/me", bearer=operator)).json()
        assert {"platform:operate", "support:agent"} <= set(me["scopes"])
        assert me["tenant"] == {"id": made["tenants"][1]["id"], "name": "平台"}
        keys = [await desk.call("GET", "/me", bearer=key["secret"]) for key in made["api_keys"]]
        assert "document:audit" in keys[0].json()["scopes"]
        assert "platform:operate" not in keys[0].json()["scopes"]
        assert keys[1].json()["scopes"] == ["invoice:read"]


async def test_bootstrap_again_changes_nothing(database: MakeDatabase) -> None:
    async with open_auth_desk(await database("auth")) as desk:
        first = await bootstrap(desk.database, WANTED)
        events = await count_events(desk)
        second = await bootstrap(desk.database, with_secrets(first))
        assert await count_events(desk) == events
    assert not any(item["is_new"] for items in second.values() for item in items)
    assert [key["secret"] for key in second["api_keys"]] == [key["secret"] for key in first["api_keys"]]
    assert [tenant["id"] for tenant in second["tenants"]] == [tenant["id"] for tenant in first["tenants"]]


async def test_bootstrap_without_the_secret_makes_the_key_anew_and_ends_the_old(
    database: MakeDatabase,
) -> None:
    async with open_auth_desk(await database("auth")) as desk:
        first = await bootstrap(desk.database, WANTED)
        second = await bootstrap(desk.database, WANTED)
        await desk.deliver_events()
        old, new = first["api_keys"][0]["secret"], second["api_keys"][0]["secret"]
        assert (await desk.call("GET", "/me", bearer=old)).status_code == 401
        assert (await desk.call("GET", "/me", bearer=new)).status_code == 200


async def test_bootstrap_sets_passwords_roles_and_limits_as_wanted(database: MakeDatabase) -> None:
    async with open_auth_desk(await database("auth")) as desk:
        await bootstrap(desk.database, WANTED)
        user = {**WANTED["users"][0], "password": "another password", "roles": ["owner", "accountant"]}
        tenant = {**WANTED["tenants"][0], "burst": 7}
        await bootstrap(desk.database, {"tenants": [tenant], "users": [user]})
        assert (await desk.sign_in("demo")).status_code == 401
        answer = await desk.sign_in("demo", "another password")
        await desk.deliver_events()
        me = (await desk.call("GET", "/me", bearer=answer.json()["access_token"])).json()
        assert me["roles"] == ["accountant", "owner"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"tenants": [{"name": "x", "rate": 1}]},
        {"users": [WANTED["users"][0]]},
        {"users": [{**WANTED["users"][0], "password": "short"}]},
        [],
    ],
    ids=["unknown field", "unknown tenant", "short password", "no object"],
)
async def test_bootstrap_wrong_wish_fails_without_showing_the_password(
    database: MakeDatabase, wanted: object
) -> None:
    code, out, error = await run(await database("auth"), "services.auth.bootstrap", wanted)
    assert code != 0
    assert out == ""
    assert PASSWORD not in error
    assert "short'" not in error
    assert "Traceback" not in error


async def test_rotate_keys_tells_when_the_next_key_signs(database: MakeDatabase) -> None:
    own = await database("auth")
    code, _, error = await run(own, "services.auth.rotate_keys")
    assert (code, error.split(":")[0]) == (1, "no next key yet")
    async with open_auth_desk(own) as desk:
        [_, waiting] = [key["kid"] for key in await desk.resources.key_ring.public_jwks()]
    code, out, _ = await run(own, "services.auth.rotate_keys")
    assert (code, out.split(" ")[0]) == (0, waiting)
