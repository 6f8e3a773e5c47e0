"""API keys over HTTP: shown once, no more than their creator holds, rotated with overlap, revoked for good."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.auth import Authenticator
from libs.common.problems import Unauthenticated
from services.auth.domain.roles import TENANT_SCOPES
from tests.helpers.auth_desk import AuthDesk, open_auth_desk, sha256_hex
from tests.helpers.databases import MakeDatabase

SECRET = re.compile(r"ofp_(test|live)_[A-Za-z0-9_-]{43}")


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


@pytest.fixture
async def owner(desk: AuthDesk) -> str:
    """An access token that may do all that a tenant can."""
    tokens = await desk.tokens(await desk.make_user(await desk.make_tenant()))
    token: str = tokens["access_token"]
    return token


async def create(desk: AuthDesk, bearer: str, **fields: Any) -> httpx.Response:
    body = {"name": "erp", "scopes": ["invoice:read"], **fields}
    return await desk.call("POST", "/api-keys", body, bearer=bearer)


async def works(desk: AuthDesk, secret: str) -> bool:
    """At any service, once the events have come through."""
    await desk.deliver_events()
    return await is_accepted(desk, secret)


async def is_accepted(desk: AuthDesk, secret: str) -> bool:
    """By a process that has not seen the credential before, so that no cache helps."""
    try:
        await Authenticator(desk.api_pool, desk.resources.key_ring).authenticate(f"Bearer {secret}")
    except Unauthenticated:
        return False
    return True


async def test_api_key_is_shown_once_and_works_everywhere(desk: AuthDesk, owner: str) -> None:
    answer = await create(desk, owner, environment="live", scopes=["invoice:read", "invoice:write"])
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert SECRET.fullmatch(made["secret"])
    assert made["secret"].startswith("ofp_live_")
    assert made["secret"].endswith(made["hint"])
    assert await works(desk, made["secret"])
    listed = await desk.call("GET", "/api-keys", bearer=owner)
    assert made["secret"] not in listed.text
    assert sha256_hex(made["secret"]) not in listed.text
    [item] = listed.json()["items"]
    assert item == {name: value for name, value in made.items() if name != "secret"}


async def test_api_key_event_carries_the_hash_never_the_secret(desk: AuthDesk, owner: str) -> None:
    made = (await create(desk, owner)).json()
    [event] = await desk.events("auth.api_key_changed.v1")
    told = msgspec.json.decode(event["payload"])
    assert told["secret_sha256"] == sha256_hex(made["secret"])
    assert made["secret"].encode() not in event["payload"]


async def test_api_key_cannot_hold_what_its_creator_lacks(desk: AuthDesk, owner: str) -> None:
    developer = await desk.make_user(
        (await desk.call("GET", "/me", bearer=owner)).json()["tenant"]["id"], ["developer"]
    )
    bearer = (await desk.tokens(developer))["access_token"]
    assert (await create(desk, bearer, scopes=["invoice:write"])).status_code == 201
    refused = await create(desk, bearer, scopes=["invoice:write", "document:audit"])
    assert (refused.status_code, refused.json()["code"]) == (403, "scopes-exceeded")
    assert refused.json()["missing"] == ["document:audit"]
    platform = await create(desk, owner, scopes=["platform:operate"])
    assert (platform.status_code, platform.json()["code"]) == (422, "scope-not-in-tenant")


async def test_api_key_rotation_cannot_win_scopes(desk: AuthDesk, owner: str) -> None:
    """Rotating shows a new secret, so it needs all that the key can do."""
    strong = (await create(desk, owner, scopes=sorted(TENANT_SCOPES))).json()
    weak = (await create(desk, owner, scopes=["auth:read", "auth:write"])).json()
    await desk.deliver_events()
    answer = await desk.call("POST", f"/api-keys/{strong['id']}/rotate", {}, bearer=weak["secret"])
    assert (answer.status_code, answer.json()["code"]) == (403, "scopes-exceeded")


async def test_api_key_rotated_keeps_both_secrets_valid_for_the_overlap(desk: AuthDesk, owner: str) -> None:
    old = (await create(desk, owner, expires_in_days=90)).json()
    path = f"/api-keys/{old['id']}/rotate"
    answer = await desk.call("POST", path, {"overlap_hours": 2}, bearer=owner)
    assert answer.status_code == 201
    new = answer.json()
    assert new["id"] != old["id"]
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    assert await works(desk, old["secret"])
    assert await works(desk, new["secret"])
    items = {item["id"]: item for item in (await desk.call("GET", "/api-keys", bearer=owner)).json()["items"]}
    assert items[old["id"]]["replaced_by"] == new["id"]
    assert items[old["id"]]["expires_at"] < new["expires_at"]
    again = await desk.call("POST", path, {"overlap_hours": 2}, bearer=owner)
    assert (again.status_code, again.json()["code"]) == (409, "api-key-rotated")
    assert again.json()["replaced_by"] == new["id"]


async def test_api_key_rotated_without_overlap_ends_at_once(desk: AuthDesk, owner: str) -> None:
    old = (await create(desk, owner)).json()
    new = (
        await desk.call("POST", f"/api-keys/{old['id']}/rotate", {"overlap_hours": 0}, bearer=owner)
    ).json()
    assert not await works(desk, old["secret"])
    assert await works(desk, new["secret"])


async def test_api_key_rotation_with_a_wrong_overlap_is_refused(desk: AuthDesk, owner: str) -> None:
    path = f"/api-keys/{(await create(desk, owner)).json()['id']}/rotate"
    for hours in (-1, 169, 1.5, "2", None):
        answer = await desk.call("POST", path, {"overlap_hours": hours}, bearer=owner)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


async def test_api_key_revoked_is_dead_with_the_tokens_it_was_exchanged_for(
    desk: AuthDesk, owner: str
) -> None:
    made = (await create(desk, owner)).json()
    client = {"client_id": made["id"], "client_secret": made["secret"], "grant_type": "client_credentials"}
    token = (await desk.form(client)).json()["access_token"]
    assert await works(desk, token)
    assert (await desk.call("DELETE", f"/api-keys/{made['id']}", bearer=owner)).status_code == 204
    assert not await is_accepted(desk, token)
    assert not await works(desk, made["secret"])
    assert not await works(desk, token)
    assert (await desk.form(client)).status_code == 401
    assert (await desk.call("DELETE", f"/api-keys/{made['id']}", bearer=owner)).status_code == 204
    rotated = await desk.call("POST", f"/api-keys/{made['id']}/rotate", {}, bearer=owner)
    assert (rotated.status_code, rotated.json()["code"]) == (409, "api-key-not-active")


async def test_api_key_expired_is_refused(desk: AuthDesk, owner: str) -> None:
    desk.clock.advance(days=-2)
    made = (await create(desk, owner, expires_in_days=1)).json()
    assert not await works(desk, made["secret"])


async def test_api_key_of_another_tenant_is_not_there(desk: AuthDesk, owner: str) -> None:
    made = (await create(desk, owner)).json()
    stranger = (await desk.tokens(await desk.make_user(await desk.make_tenant())))["access_token"]
    for method, path in (("DELETE", ""), ("POST", "/rotate")):
        body: object = {} if path else None
        answer = await desk.call(method, f"/api-keys/{made['id']}{path}", body, bearer=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await desk.call("GET", "/api-keys", bearer=stranger)).json()["items"] == []
    assert await works(desk, made["secret"])


async def test_api_keys_need_their_scopes(desk: AuthDesk, owner: str) -> None:
    tenant = (await desk.call("GET", "/me", bearer=owner)).json()["tenant"]["id"]
    viewer = (await desk.tokens(await desk.make_user(tenant, ["viewer"])))["access_token"]
    assert (await desk.call("GET", "/api-keys", bearer=viewer)).status_code == 403
    assert (await create(desk, viewer)).status_code == 403
    assert (await desk.call("GET", "/api-keys")).status_code == 401


WRONG_FIELDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"tenant_id": "x"}, "/tenant_id"),
    ({"secret": "ofp_test_x"}, "/secret"),
    ({"scopes": []}, "/scopes"),
    ({"scopes": ["root"]}, "/scopes/0"),
    ({"name": ""}, "/name"),
    ({"name": "a\u200bb"}, "/name"),
    ({"environment": "prod"}, "/environment"),
    ({"expires_in_days": 0}, "/expires_in_days"),
    ({"expires_in_days": 2**63}, "/expires_in_days"),
    ({"expires_in_days": "1"}, "/expires_in_days"),
)


async def test_api_key_with_a_wrong_field_is_refused_naming_it(desk: AuthDesk, owner: str) -> None:
    for fields, pointer in WRONG_FIELDS:
        answer = await create(desk, owner, **fields)
        assert answer.status_code == 422, fields
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_lists_refuse_unknown_parameters_and_forged_cursors(desk: AuthDesk, owner: str) -> None:
    for path in ("/api-keys", "/users", "/audit-entries", "/sessions"):
        for query in (
            "tenant_id=x",
            "limit=0",
            "limit=201",
            "limit=1e3",
            "cursor=x",
            "cursor=WzFd",
            "offset=-5",
        ):
            answer = await desk.call("GET", f"{path}?{query}", bearer=owner)
            assert answer.status_code == 422, (path, query)


async def test_api_key_tells_who_it_is(desk: AuthDesk, owner: str) -> None:
    made = (await create(desk, owner, scopes=["invoice:read"])).json()
    await desk.deliver_events()
    me = (await desk.call("GET", "/me", bearer=made["secret"])).json()
    assert (me["id"], me["kind"], me["name"]) == (made["id"], "api_key", "erp")
    assert me["scopes"] == ["invoice:read"]
