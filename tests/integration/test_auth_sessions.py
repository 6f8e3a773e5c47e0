"""Refresh with rotation and reuse detection, sign-out, and the list of sessions."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from libs.common.auth import Authenticator
from libs.common.problems import Unauthenticated
from tests.helpers.auth_desk import ADDRESS, AuthDesk, Person, open_auth_desk
from tests.helpers.databases import MakeDatabase


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


@pytest.fixture
async def person(desk: AuthDesk) -> Person:
    return await desk.make_user(await desk.make_tenant(), ["viewer"])


async def is_accepted(desk: AuthDesk, access_token: str) -> bool:
    """By a process that has not seen the token before, so that no cache helps."""
    authenticator = Authenticator(desk.api_pool, desk.resources.key_ring)
    try:
        await authenticator.authenticate(f"Bearer {access_token}")
    except Unauthenticated:
        return False
    return True


async def test_refresh_gives_the_next_pair(desk: AuthDesk, person: Person) -> None:
    first = await desk.tokens(person)
    second = (await desk.refresh(first["refresh_token"])).json()
    third = await desk.refresh(second["refresh_token"])
    assert third.status_code == 200
    assert third.headers["cache-control"] == "no-store"
    assert len({first["refresh_token"], second["refresh_token"], third.json()["refresh_token"]}) == 3
    assert await is_accepted(desk, third.json()["access_token"])


async def test_refresh_twenty_at_once_give_one_successor_and_no_sign_out(
    desk: AuthDesk, person: Person
) -> None:
    first = await desk.tokens(person)
    answers = await asyncio.gather(*(desk.refresh(first["refresh_token"]) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert (await desk.refresh(successor)).status_code == 200


async def test_refresh_again_within_grace_gives_the_same_successor(desk: AuthDesk, person: Person) -> None:
    first = await desk.tokens(person)
    lost = (await desk.refresh(first["refresh_token"])).json()
    desk.clock.advance(seconds=9)
    again = (await desk.refresh(first["refresh_token"])).json()
    assert again["refresh_token"] == lost["refresh_token"]


async def test_refresh_again_after_grace_ends_the_whole_session(desk: AuthDesk, person: Person) -> None:
    first = await desk.tokens(person)
    second = (await desk.refresh(first["refresh_token"])).json()
    desk.clock.advance(seconds=11)
    reused = await desk.refresh(first["refresh_token"])
    assert reused.status_code == 401
    assert reused.json()["code"] == "invalid-refresh-token"
    assert (await desk.refresh(second["refresh_token"])).status_code == 401
    assert not await is_accepted(desk, first["access_token"])
    assert not await is_accepted(desk, second["access_token"])
    [event] = await desk.events("auth.session_revoked.v1")
    told = msgspec.json.decode(event["payload"])
    assert (told["user_id"], told["reason"]) == (person.id, "refresh_token_reused")
    assert "refresh_token_reused" in await desk.audit(person.tenant)


async def test_refresh_leaves_other_sessions_alone(desk: AuthDesk, person: Person) -> None:
    stolen, other = await desk.tokens(person), await desk.tokens(person)
    await desk.refresh(stolen["refresh_token"])
    desk.clock.advance(seconds=11)
    await desk.refresh(stolen["refresh_token"])
    assert (await desk.refresh(other["refresh_token"])).status_code == 200


async def test_refresh_unused_for_a_week_is_over(desk: AuthDesk, person: Person) -> None:
    first = await desk.tokens(person)
    desk.clock.advance(days=7, seconds=1)
    assert (await desk.refresh(first["refresh_token"])).status_code == 401


async def test_refresh_no_session_outlives_thirty_days(desk: AuthDesk, person: Person) -> None:
    token = (await desk.tokens(person))["refresh_token"]
    for _ in range(5):
        desk.clock.advance(days=6)
        answer = await desk.refresh(token)
        token = answer.json().get("refresh_token", "")
    assert answer.status_code == 401


async def test_refresh_unknown_token_is_refused(desk: AuthDesk) -> None:
    for forged in ("x", "A" * 43, "A" * 200, "令牌"):
        answer = await desk.refresh(forged)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-refresh-token")


async def test_refresh_takes_new_roles_into_the_token(desk: AuthDesk, person: Person) -> None:
    owner = await desk.make_user(person.tenant)
    tokens = await desk.tokens(person)
    bearer = (await desk.tokens(owner))["access_token"]
    more = {"roles": ["viewer", "issuer"]}
    assert (await desk.call("PATCH", f"/users/{person.id}", more, bearer=bearer)).status_code == 200
    fresh = (await desk.refresh(tokens["refresh_token"])).json()
    me = (await desk.call("GET", "/me", bearer=fresh["access_token"])).json()
    assert "invoice:write" in me["scopes"]


async def test_sign_out_ends_access_and_refresh(desk: AuthDesk, person: Person) -> None:
    tokens = await desk.tokens(person)
    out = await desk.call("POST", "/sign-out", bearer=tokens["access_token"])
    assert (out.status_code, out.content) == (204, b"")
    assert not await is_accepted(desk, tokens["access_token"])
    assert (await desk.refresh(tokens["refresh_token"])).status_code == 401


async def test_sign_out_is_told_to_every_service(desk: AuthDesk, person: Person) -> None:
    tokens = await desk.tokens(person)
    await desk.call("POST", "/sign-out", bearer=tokens["access_token"])
    [event] = await desk.events("auth.session_revoked.v1")
    told = msgspec.json.decode(event["payload"])
    assert told["reason"] == "signed_out"
    await desk.deliver_events()
    assert not await is_accepted(desk, tokens["access_token"])


async def test_sign_out_with_an_api_key_is_refused(desk: AuthDesk) -> None:
    _, secret = await desk.make_api_key(await desk.make_tenant())
    answer = await desk.call("POST", "/sign-out", bearer=secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "user-session-needed")


async def test_token_from_before_sign_in_stays_worthless(desk: AuthDesk, person: Person) -> None:
    old = await desk.tokens(person)
    await desk.call("POST", "/sign-out", bearer=old["access_token"])
    new = await desk.tokens(person)
    assert not await is_accepted(desk, old["access_token"])
    assert await is_accepted(desk, new["access_token"])


async def test_sessions_list_shows_where_one_is_signed_in(desk: AuthDesk, person: Person) -> None:
    await desk.tokens(person)
    body = {"username": person.username, "password": person.password}
    answer = await desk.call("POST", "/sign-in", body, user_agent="Firefox \x7f (Linux)")
    bearer = answer.json()["access_token"]
    await desk.tokens(await desk.make_user(person.tenant))
    page = (await desk.call("GET", "/sessions?limit=1", bearer=bearer)).json()
    [newest] = page["items"]
    assert (newest["is_current"], newest["address"]) == (True, ADDRESS)
    assert newest["user_agent"].startswith("Firefox")
    rest = (await desk.call("GET", f"/sessions?cursor={page['next_cursor']}", bearer=bearer)).json()
    assert [item["is_current"] for item in rest["items"]] == [False]
    assert rest["next_cursor"] is None


async def test_session_of_another_user_cannot_be_ended(desk: AuthDesk, person: Person) -> None:
    tenant = await desk.make_tenant()
    neighbour, stranger = await desk.make_user(person.tenant), await desk.make_user(tenant)
    bearer = (await desk.tokens(person))["access_token"]
    for other in (neighbour, stranger):
        theirs = await desk.tokens(other)
        me = (await desk.call("GET", "/me", bearer=theirs["access_token"])).json()
        answer = await desk.call("DELETE", f"/sessions/{me['session_id']}", bearer=bearer)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert await is_accepted(desk, theirs["access_token"])


async def test_session_is_ended_by_its_user_and_by_an_administrator(desk: AuthDesk, person: Person) -> None:
    owner = (await desk.tokens(await desk.make_user(person.tenant)))["access_token"]
    mine, phone, laptop = [(await desk.tokens(person))["access_token"] for _ in range(3)]
    for bearer, victim in ((mine, phone), (owner, laptop)):
        session = (await desk.call("GET", "/me", bearer=victim)).json()["session_id"]
        assert (await desk.call("DELETE", f"/sessions/{session}", bearer=bearer)).status_code == 204
        assert not await is_accepted(desk, victim)
        assert (await desk.call("DELETE", f"/sessions/{session}", bearer=bearer)).status_code == 204
    assert await is_accepted(desk, mine)
