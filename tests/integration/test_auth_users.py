"""Users of a tenant over HTTP: roles within one's own reach, versions, and the last owner."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from libs.common.db import transaction
from services.auth.commands.users import ChangeUser, change_user
from services.auth.domain.users import UserChange
from services.auth.errors import LastOwner
from tests.helpers.auth_desk import AuthDesk, Person, everything, open_auth_desk
from tests.helpers.databases import MakeDatabase


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


@pytest.fixture
async def owner(desk: AuthDesk) -> Person:
    return await desk.make_user(await desk.make_tenant())


async def bearer_of(desk: AuthDesk, person: Person) -> str:
    token: str = (await desk.tokens(person))["access_token"]
    return token


async def create(desk: AuthDesk, bearer: str, **fields: Any) -> httpx.Response:
    body = {
        "username": "wang.wu",
        "password": "eight ch",
        "display_name": "王五",
        "roles": ["issuer"],
        **fields,
    }
    return await desk.call("POST", "/users", body, bearer=bearer)


async def test_user_created_can_sign_in_and_be_read(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    answer = await create(desk, bearer, email="wang@example.com")
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/v1/auth/users/{made['id']}"
    assert "password" not in answer.text
    assert (await desk.sign_in("wang.wu", "eight ch")).status_code == 200
    read = await desk.call("GET", f"/users/{made['id']}", bearer=bearer)
    assert read.json() == made
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    listed = (await desk.call("GET", "/users", bearer=bearer)).json()
    assert [item["username"] for item in listed["items"]] == ["wang.wu", owner.username]


async def test_user_event_tells_name_and_roles(desk: AuthDesk, owner: Person) -> None:
    made = (await create(desk, await bearer_of(desk, owner))).json()
    event = (await desk.events("auth.user_changed.v1"))[-1]
    assert str(event["subject"]) == made["id"]
    assert msgspec.json.decode(event["payload"]) == {
        "username": "wang.wu",
        "display_name": "王五",
        "roles": ["issuer"],
        "is_active": True,
        "email": made["email"],
    }


async def test_user_names_and_addresses_are_unique_on_the_platform(desk: AuthDesk, owner: Person) -> None:
    elsewhere = await bearer_of(desk, await desk.make_user(await desk.make_tenant()))
    taken = await create(desk, elsewhere, username=owner.username)
    assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")
    address = await create(desk, elsewhere, email=owner.email)
    assert (address.status_code, address.json()["code"]) == (409, "email-taken")


async def test_user_cannot_give_roles_beyond_their_own_scopes(desk: AuthDesk, owner: Person) -> None:
    developer = await desk.make_user(owner.tenant, ["developer"])
    bearer = await bearer_of(desk, developer)
    assert (await create(desk, bearer, username="one", roles=["viewer"])).status_code == 201
    for roles in (["owner"], ["viewer", "accountant"]):
        refused = await create(desk, bearer, username="two", roles=roles)
        assert (refused.status_code, refused.json()["code"]) == (403, "scopes-exceeded")
    for change in ({"roles": ["owner"]}, {"roles": ["viewer", "owner"]}):
        answer = await desk.call("PATCH", f"/users/{developer.id}", change, bearer=bearer)
        assert answer.json()["code"] == "scopes-exceeded"
    answer = await desk.call("PATCH", f"/users/{owner.id}", {"is_active": False}, bearer=bearer)
    assert answer.json()["code"] == "scopes-exceeded"


async def test_user_platform_roles_exist_in_the_platform_tenant_only(desk: AuthDesk, owner: Person) -> None:
    refused = await create(desk, await bearer_of(desk, owner), roles=["support_agent"])
    assert (refused.status_code, refused.json()["code"]) == (422, "role-not-in-tenant")
    agent = await desk.make_user(await desk.make_tenant(is_platform=True), ["operator", "support_agent"])
    bearer = await bearer_of(desk, agent)
    assert (await create(desk, bearer, roles=["support_agent"])).status_code == 201
    assert (await create(desk, bearer, roles=["owner"])).json()["code"] == "role-not-in-tenant"


async def test_user_edit_of_an_old_version_is_refused(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    user = (await create(desk, bearer)).json()
    path, change = f"/users/{user['id']}", {"display_name": "王五五"}
    first = await desk.call("PATCH", path, change, bearer=bearer, if_match='"1"')
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    for tag in ('"1"', 'W/"2"', "2", "x", '"99999999999999999999"'):
        stale = await desk.call("PATCH", path, change, bearer=bearer, if_match=tag)
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (await desk.call("PATCH", path, change, bearer=bearer, if_match="*")).status_code == 200
    assert (await desk.call("PATCH", path, change, bearer=bearer)).json()["version"] == 4


async def test_user_unchanged_is_304(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    path = f"/users/{(await create(desk, bearer)).json()['id']}"
    seen = (await desk.call("GET", path, bearer=bearer)).headers["etag"]
    again = await desk.call("GET", path, bearer=bearer, if_none_match=seen)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", seen)
    await desk.call("PATCH", path, {"display_name": "王五五"}, bearer=bearer)
    assert (await desk.call("GET", path, bearer=bearer, if_none_match=seen)).status_code == 200


async def test_user_closed_or_reduced_is_signed_out_everywhere(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    for change in ({"is_active": False}, {"roles": ["viewer"]}):
        person = await desk.make_user(owner.tenant, ["issuer"])
        tokens = await desk.tokens(person)
        answer = await desk.call("PATCH", f"/users/{person.id}", change, bearer=bearer)
        assert answer.status_code == 200
        assert (await desk.call("GET", "/me", bearer=tokens["access_token"])).status_code == 401
        assert (await desk.refresh(tokens["refresh_token"])).status_code == 401
    person = await desk.make_user(owner.tenant, ["viewer"])
    tokens = await desk.tokens(person)
    await desk.call("PATCH", f"/users/{person.id}", {"roles": ["viewer", "issuer"]}, bearer=bearer)
    assert (await desk.call("GET", "/me", bearer=tokens["access_token"])).status_code == 200


async def test_user_last_owner_stays(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    for change in ({"is_active": False}, {"roles": ["viewer"]}):
        answer = await desk.call("PATCH", f"/users/{owner.id}", change, bearer=bearer)
        assert (answer.status_code, answer.json()["code"]) == (409, "last-owner")


async def test_user_two_owners_cannot_retire_each_other_at_once(desk: AuthDesk, owner: Person) -> None:
    other = await desk.make_user(owner.tenant)
    both_begun = asyncio.Barrier(2)

    async def retire(victim: Person) -> bool:
        command = ChangeUser(UUID(victim.id), UserChange(is_active=False), None)
        try:
            async with transaction(desk.api_pool, owner.tenant) as tx:
                await both_begun.wait()
                await change_user(tx, command, everything(owner.tenant), now=desk.clock())
        except LastOwner:
            return False
        return True

    assert sorted(await asyncio.gather(retire(owner), retire(other))) == [False, True]


async def test_user_of_another_tenant_is_not_there(desk: AuthDesk, owner: Person) -> None:
    stranger = await bearer_of(desk, await desk.make_user(await desk.make_tenant()))
    for method, body in (("GET", None), ("PATCH", {"is_active": False})):
        answer = await desk.call(method, f"/users/{owner.id}", body, bearer=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await desk.sign_in(owner.username)).status_code == 200


WRONG_FIELDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"password": "seven c"}, "/password"),
    ({"password": "x" * 129}, "/password"),
    ({"password": "nul \x00 inside"}, "/password"),
    ({"username": "a@b"}, "/username"),
    ({"username": "张三"}, "/username"),
    ({"username": "ab"}, "/username"),
    ({"username": "abc\n"}, "/username"),
    ({"email": "no address"}, "/email"),
    ({"email": "a@b@c"}, "/email"),
    ({"display_name": "a\u202eb"}, "/display_name"),
    ({"roles": []}, "/roles"),
    ({"roles": ["root"]}, "/roles/0"),
    ({"is_active": True}, "/is_active"),
    ({"tenant_id": "x"}, "/tenant_id"),
)


async def test_user_with_a_wrong_field_is_refused_naming_it(desk: AuthDesk, owner: Person) -> None:
    bearer = await bearer_of(desk, owner)
    for fields, pointer in WRONG_FIELDS:
        answer = await create(desk, bearer, **fields)
        assert answer.status_code == 422, fields
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert "seven c" not in answer.text


async def test_audit_entries_tell_who_did_what_to_their_own_tenant_only(
    desk: AuthDesk, owner: Person
) -> None:
    bearer = await bearer_of(desk, owner)
    made = (await create(desk, bearer)).json()
    await desk.sign_in("wang.wu", "wrong password")
    page = (await desk.call("GET", "/audit-entries?limit=2", bearer=bearer)).json()
    failed, created = page["items"]
    assert (failed["action"], failed["subject"]) == ("sign_in_failed", made["id"])
    assert (created["action"], created["actor"]) == ("user_created", f"user:{owner.id}")
    assert created["details"] == {"username": "wang.wu", "roles": ["issuer"]}
    assert created["address"]
    assert created["request_id"]
    rest = (await desk.call("GET", f"/audit-entries?cursor={page['next_cursor']}", bearer=bearer)).json()
    assert [entry["action"] for entry in rest["items"]] == ["signed_in", "user_created", "tenant_created"]
    stranger = await bearer_of(desk, await desk.make_user(await desk.make_tenant()))
    others = (await desk.call("GET", "/audit-entries", bearer=stranger)).json()["items"]
    assert made["id"] not in str(others)
