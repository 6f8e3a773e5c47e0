"""Signing keys in the database: made once, sealed, rotated without a refused token, never planted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import jwt
import pytest

from libs.common.clock import utc_now
from libs.common.db import open_pool, transaction
from libs.common.problems import Unauthenticated, Unavailable
from services.auth.commands.signing_keys import keep_signing_keys, make_first_keys, rotate_signing_key
from services.auth.domain.signing_keys import PUBLISH_LEAD, RETIRE_AFTER, ROTATION
from services.auth.key_ring import KeyRing
from services.auth.secret_keys import SecretKeys
from services.auth.store.signing_keys import load_signing_keys
from services.auth.tokens import Bearer, SigningPair
from tests.helpers.auth_desk import SECRET, AuthDesk, Clock, open_auth_desk
from tests.helpers.databases import MakeDatabase


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


def fresh_ring(desk: AuthDesk, secret: str = SECRET) -> KeyRing:
    """As another process, or this one after its copy has aged, would see the keys."""
    return KeyRing(desk.api_pool, SecretKeys(secret), desk.clock)


async def keep(desk: AuthDesk) -> None:
    async with transaction(desk.worker_pool) as tx:
        await keep_signing_keys(tx, SecretKeys(SECRET), now=desk.clock())


async def signing_key_id(desk: AuthDesk) -> str:
    person = await desk.make_user(await desk.make_tenant())
    bearer = Bearer(person.tenant, person.tenant, "user", "x", (), person.tenant, 1)
    token = await fresh_ring(desk).sign(bearer)
    key_id: str = jwt.get_unverified_header(token.text)["kid"]
    return key_id


async def published(desk: AuthDesk) -> list[str]:
    return [key["kid"] for key in await fresh_ring(desk).public_jwks()]


async def test_first_keys_made_by_many_processes_at_once_are_two(database: MakeDatabase) -> None:
    own = await database("auth")
    async with open_pool(own.api, connections=10, name="test") as pool:
        all_begun = asyncio.Barrier(10)

        async def start() -> None:
            async with transaction(pool) as tx:
                await all_begun.wait()
                await make_first_keys(tx, SecretKeys(SECRET), now=utc_now())

        await asyncio.gather(*(start() for _ in range(10)))
        async with transaction(pool) as tx:
            assert len(await load_signing_keys(tx)) == 2


async def test_private_keys_lie_sealed(desk: AuthDesk) -> None:
    async with transaction(desk.worker_pool) as tx:
        rows = await load_signing_keys(tx)
    for row in rows:
        private = SecretKeys(SECRET).unseal(row.id, row.sealed_private_key)
        assert private not in row.sealed_private_key
        assert SigningPair.from_bytes(private).id == row.id


async def test_rotation_brought_forward_is_published_before_it_signs(desk: AuthDesk) -> None:
    first = await signing_key_id(desk)
    before = await published(desk)
    async with transaction(desk.worker_pool) as tx:
        key = await rotate_signing_key(tx, now=desk.clock())
    assert key is not None
    assert key.id in before
    assert await signing_key_id(desk) == first
    desk.clock.advance(seconds=PUBLISH_LEAD.total_seconds())
    assert await signing_key_id(desk) == key.id
    assert first in await published(desk)


async def test_rotation_by_time_keeps_old_tokens_valid_and_then_retires_their_key(desk: AuthDesk) -> None:
    first = await signing_key_id(desk)
    desk.clock.advance(seconds=ROTATION.total_seconds() + 1)
    await keep(desk)
    assert await signing_key_id(desk) != first
    assert len(await published(desk)) == 3
    desk.clock.advance(seconds=(RETIRE_AFTER - timedelta(seconds=10)).total_seconds())
    await keep(desk)
    assert first in await published(desk)
    desk.clock.advance(seconds=10)
    await keep(desk)
    assert first not in await published(desk)
    assert len(await published(desk)) == 2


async def test_key_planted_in_the_table_is_neither_used_nor_published(desk: AuthDesk) -> None:
    """Who can write the table but lacks the secret cannot make services trust a key."""
    planted = SigningPair.generate()
    sealed = SecretKeys("another secret of more than 32 characters").seal(planted.id, planted.private_bytes())
    connection = await asyncpg.connect(desk.database.superuser)
    try:
        insert = "insert into signing_keys values ($1, $2, now() - interval '1 s', now())"
        await connection.execute(insert, planted.id, sealed)
        swap = "update signing_keys set sealed_private_key = (select sealed_private_key from signing_keys limit 1)"
        ring = fresh_ring(desk)
        assert planted.id not in [key["kid"] for key in await ring.public_jwks()]
        with pytest.raises(Unauthenticated):
            await ring.find(planted.id)
        await connection.execute(f"{swap} where id = $1", planted.id)
    finally:
        await connection.close()
    assert planted.id not in await published(desk)


async def test_another_secret_makes_the_process_unready_not_wrong(desk: AuthDesk) -> None:
    ring = fresh_ring(desk, "another secret of more than 32 characters")
    with pytest.raises(RuntimeError, match="OFP_KEY_ENCRYPTION_SECRET"):
        await ring.check()
    assert await ring.public_jwks() == []
    await fresh_ring(desk).check()


async def test_keys_stay_known_while_the_database_is_away(desk: AuthDesk) -> None:
    async with open_pool(desk.database.api, connections=1, name="test-away") as pool:
        ring = KeyRing(pool, SecretKeys(SECRET), Clock(), reload_seconds=0)
        known = await ring.public_jwks()
        pool.terminate()
        assert await ring.public_jwks() == known
        with pytest.raises(Unavailable):
            await KeyRing(pool, SecretKeys(SECRET), Clock()).public_jwks()
