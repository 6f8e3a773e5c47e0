"""Sign-in over HTTP: neutral answers, the timed lock, the bounded queue, and what is left behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from argon2 import PasswordHasher

from libs.common.db import transaction
from services.auth.commands.sign_in import NOBODY, FinishSignIn, begin_sign_in, finish_sign_in
from services.auth.commands.users import SetPassword, set_password
from services.auth.domain.failures import HOUR, hour_of
from services.auth.domain.lockout import MOST_FAILURES
from services.auth.errors import InvalidCredentials
from services.auth.passwords import Verdict
from services.auth.secret_keys import new_secret
from services.auth.store.failed_sign_ins import prune_failures
from tests.helpers.auth_desk import PASSWORD, AuthDesk, everything, open_auth_desk
from tests.helpers.databases import MakeDatabase


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


def told(answer: httpx.Response) -> Mapping[str, Any]:
    """What a problem says, without the id of the request."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def fail(desk: AuthDesk, name: str, times: int) -> list[int]:
    return [(await desk.sign_in(name, "wrong password")).status_code for _ in range(times)]


async def test_sign_in_right_password_gives_tokens_by_name_and_by_email(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    for name in (person.username, person.email):
        answer = await desk.sign_in(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        tokens = answer.json()
        assert tokens["token_type"] == "Bearer"
        assert tokens["expires_in"] == 600
        me = (await desk.call("GET", "/me", bearer=tokens["access_token"])).json()
        assert (me["username"], me["kind"], me["roles"]) == (person.username, "user", ["owner"])


async def test_sign_in_other_case_is_refused(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    assert (await desk.sign_in(person.username.upper())).status_code == 401
    assert (await desk.sign_in(person.username, PASSWORD.swapcase())).status_code == 401
    assert (await desk.sign_in(person.username + " ")).status_code == 401


async def test_sign_in_unknown_name_and_wrong_password_answer_alike(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    wrong = await desk.sign_in(person.username, "wrong password")
    unknown = await desk.sign_in("nobody-of-this-name", "wrong password")
    assert wrong.status_code == unknown.status_code == 401
    assert told(wrong) == told(unknown)
    assert wrong.json()["code"] == "invalid-credentials"
    assert set(wrong.headers) == set(unknown.headers)


async def test_sign_in_five_wrong_passwords_lock_known_and_unknown_names_alike(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    answers = []
    for name in (person.username, "nobody-of-this-name"):
        assert await fail(desk, name, 5) == [401] * 5
        locked = await desk.sign_in(name)
        assert locked.status_code == 429
        assert locked.json()["code"] == "sign-in-locked"
        assert 895 <= locked.json()["retry_after"] <= 900
        assert locked.headers["retry-after"] == str(locked.json()["retry_after"])
        answers.append({**told(locked), "retry_after": 0, "detail": "", "detail_zh": ""})
    assert answers[0] == answers[1]


async def test_sign_in_lock_ends_by_itself_to_the_second(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    await fail(desk, person.username, 5)
    wait = (await desk.sign_in(person.username)).json()["retry_after"]
    desk.clock.advance(seconds=wait - 2)
    assert (await desk.sign_in(person.username)).status_code == 429
    desk.clock.advance(seconds=2)
    assert (await desk.sign_in(person.username)).status_code == 200


async def test_sign_in_attempts_while_locked_do_not_lengthen_the_lock(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    await fail(desk, person.username, 5)
    desk.clock.advance(minutes=14)
    assert await fail(desk, person.username, 20) == [429] * 20
    desk.clock.advance(minutes=1, seconds=1)
    assert await fail(desk, person.username, 4) == [401] * 4
    assert (await desk.sign_in(person.username)).status_code == 200


async def test_sign_in_success_forgets_earlier_failures(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    for _ in range(3):
        assert await fail(desk, person.username, 4) == [401] * 4
        assert (await desk.sign_in(person.username)).status_code == 200


async def test_sign_in_parallel_guesses_learn_no_more_than_five_answers(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    wrong = [desk.sign_in(person.username, f"guess number {number}") for number in range(30)]
    answers = await asyncio.gather(*wrong, *(desk.sign_in(person.username) for _ in range(2)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == MOST_FAILURES
    assert statuses.count(429) == len(statuses) - MOST_FAILURES


async def test_sign_in_parallel_right_passwords_all_succeed(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    answers = await asyncio.gather(*(desk.sign_in(person.username) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}


async def test_sign_in_full_queue_answers_busy_at_once(database: MakeDatabase) -> None:
    async with open_auth_desk(await database("auth"), password_threads=1, password_queue=3) as desk:
        people = [await desk.make_user(await desk.make_tenant()) for _ in range(2)]
        answers = await asyncio.gather(*(desk.sign_in(people[n % 2].username) for n in range(20)))
    busy = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert {answer.json()["code"] for answer in busy} == {"sign-in-busy"}
    assert {answer.headers["retry-after"] for answer in busy} == {"1"}


async def test_sign_in_too_long_password_is_refused_before_hashing(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    desk.resources.passwords.close()  # hashing now fails, so an answer shows that nothing was hashed
    answer = await desk.sign_in(person.username, "x" * 1025)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert (await desk.sign_in(person.username, "x" * 15_000_000)).status_code == 413


async def test_sign_in_unusual_characters_work_unchanged(desk: AuthDesk) -> None:
    tenant = await desk.make_tenant()
    for password in ("🐎🔋📎 正确的马 é", "\t tab and spaces \n", "x" * 65, "长" * 128):
        person = await desk.make_user(tenant, password=password)
        assert (await desk.sign_in(person.username, password)).status_code == 200
        assert (await desk.sign_in(person.username, password.strip() + ".")).status_code == 401


async def test_sign_in_closed_user_is_refused_like_a_wrong_password(desk: AuthDesk) -> None:
    tenant = await desk.make_tenant()
    owner, person = await desk.make_user(tenant), await desk.make_user(tenant, ["viewer"])
    bearer = (await desk.tokens(owner))["access_token"]
    closed = await desk.call("PATCH", f"/users/{person.id}", {"is_active": False}, bearer=bearer)
    assert closed.status_code == 200
    assert (await desk.sign_in(person.username)).json()["code"] == "invalid-credentials"


async def test_sign_in_password_changed_while_the_old_one_is_hashed_is_refused(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    digest = desk.resources.secret_keys.digest_name(person.username)
    async with transaction(desk.api_pool) as tx:
        login = await begin_sign_in(tx, person.username, digest, now=desk.clock())
    command = FinishSignIn(digest, login, Verdict(is_right=True), "", "", new_secret())
    async with transaction(desk.worker_pool, person.tenant) as tx:
        change = SetPassword(UUID(person.id), await desk.resources.passwords.hash("another password"))
        await set_password(tx, change, everything(person.tenant), now=desk.clock())
    async with transaction(desk.api_pool, person.tenant) as tx:
        assert isinstance(await finish_sign_in(tx, command, now=desk.clock()), InvalidCredentials)
    assert (await desk.sign_in(person.username, "another password")).status_code == 200


async def test_sign_in_lock_is_published_once_for_a_known_user(desk: AuthDesk) -> None:
    tenant = await desk.make_tenant()
    person = await desk.make_user(tenant)
    await fail(desk, person.username, 7)
    await fail(desk, "nobody-of-this-name", 7)
    [event] = await desk.events("auth.account_locked.v1")
    assert str(event["subject"]) == person.id
    assert msgspec.json.decode(event["payload"])["username"] == person.username
    actions = await desk.audit(tenant)
    assert actions[-5:] == ["sign_in_failed"] * 4 + ["sign_in_locked"]
    assert await desk.audit(NOBODY) == ["sign_in_failed"] * 4 + ["sign_in_locked"]


async def test_sign_in_guessing_without_end_leaves_few_audit_rows(desk: AuthDesk) -> None:
    """Each name is another one, so that none is ever locked; an hour has just begun."""
    now = desk.clock()
    desk.clock.advance(seconds=(hour_of(now) + HOUR - now).total_seconds())
    for number in range(70):
        await fail(desk, f"nobody-{number}", 1)
    assert len(await desk.audit(NOBODY)) == 10 + len((16, 32, 64))
    desk.clock.advance(hours=1)
    await fail(desk, "nobody-again", 1)
    assert len(await desk.audit(NOBODY)) == 14


async def test_sign_in_counters_of_hours_that_are_over_are_deleted(desk: AuthDesk) -> None:
    await fail(desk, "nobody-of-this-name", 1)
    for is_over, left in ((False, 1), (True, 0)):
        async with transaction(desk.worker_pool) as tx:
            await prune_failures(tx, desk.clock() + timedelta(hours=1 if is_over else -1))
            assert await tx.fetchval("select count(*) from failed_sign_ins") == left


async def test_sign_in_typed_names_are_stored_nowhere(desk: AuthDesk) -> None:
    typed = "my-password-in-the-wrong-field"
    await fail(desk, typed, 6)
    connection = await asyncpg.connect(desk.database.superuser)
    try:
        for table in ("audit_entries", "sign_in_guards", "outbox", "users"):
            rows = await connection.fetch(f"select t::text as row from {table} t")  # noqa: S608 - fixed names
            assert not any(typed in row["row"] for row in rows)
    finally:
        await connection.close()


async def test_sign_in_weaker_hash_is_renewed(desk: AuthDesk) -> None:
    person = await desk.make_user(await desk.make_tenant())
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    connection = await asyncpg.connect(desk.database.superuser)
    try:
        await connection.execute("update users set password_hash = $1", weak)
        assert (await desk.sign_in(person.username)).status_code == 200
        stored = await connection.fetchval("select password_hash from users")
    finally:
        await connection.close()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await desk.sign_in(person.username)).status_code == 200
