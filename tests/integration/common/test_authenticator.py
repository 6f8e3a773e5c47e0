"""Credentials: what is let in, how soon a revoked one dies, and how little a flood of forged ones costs."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm

from deploy.local.process import wait_until
from libs.common.auth import AUDIENCE, ISSUER, Authenticator
from libs.common.contracts.auth import ApiKeyChanged, SessionRevoked, TenantChanged
from libs.common.credentials import HANDLERS
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId, new_id
from libs.common.jwks import KeySet
from libs.common.problems import Unauthenticated, Unavailable
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.kafka import consuming, make_topic, send
from tests.helpers.records import as_record
from tests.helpers.servers import Server

TENANT = TenantId(UUID(int=1))
KEY_ID = "key-1"


class Issuer:
    """Signs tokens as auth does, and serves its public key."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.fetches = 0
        self.url = ""

    def token(self, *, headers: dict[str, Any] | None = None, without: str = "", **changes: Any) -> str:
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(new_id()),
            "tenant": str(TENANT),
            "sid": str(new_id()),
            "jti": str(new_id()),
            "scope": "invoice:read invoice:write",
            "iat": now,
            "exp": now + timedelta(minutes=10),
        } | changes
        claims.pop(without, None)
        kept = {"typ": "at+jwt", "kid": KEY_ID} | (headers or {})
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers=kept)

    async def keys(self, _: web.Request) -> web.Response:
        self.fetches += 1
        key = json.loads(OKPAlgorithm.to_jwk(self.key.public_key())) | {"kid": KEY_ID, "alg": "EdDSA"}
        return web.json_response({"keys": [key]})


@asynccontextmanager
async def serving(issuer: Issuer) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/keys", issuer.keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    issuer.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/keys"  # type: ignore[union-attr]
    try:
        yield
    finally:
        await runner.cleanup()


class Door(NamedTuple):
    """An authenticator, the worker's pool that learns credentials, and the issuer of tokens."""

    authenticator: Authenticator
    api_pool: Pool
    worker_pool: Pool
    issuer: Issuer

    async def is_open(self, credential: str) -> bool:
        try:
            await self.authenticator.authenticate(f"Bearer {credential}")
        except Unauthenticated:
            return False
        return True


@pytest.fixture
async def door(database: MakeDatabase) -> AsyncIterator[Door]:
    made, issuer = await database("invoice"), Issuer()
    async with (
        open_pool(made.api, connections=2, name="test-api") as api,
        open_pool(made.worker, connections=4, name="test-worker") as worker,
        aiohttp.ClientSession() as http,
        serving(issuer),
    ):
        await grant_api_key(worker, TENANT)
        yield Door(Authenticator(api, KeySet(issuer.url, http)), api, worker, issuer)


@pytest.mark.kafka
async def test_credentials_live_and_die_by_events_within_five_seconds(
    door: Door, kafka_server: Server
) -> None:
    secret, tenant, key_id = f"ofp_test_{uuid4().hex}", TenantId(new_id()), new_id()
    changed = ApiKeyChanged(
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=("a",),
        expires_at=None,
        revoked_at=None,
    )
    revoked = ApiKeyChanged(
        secret_sha256=changed.secret_sha256, scopes=("a",), expires_at=None, revoked_at=datetime.now(UTC)
    )
    token_session = new_id()
    token = door.issuer.token(tenant=str(tenant), sid=str(token_session))
    tenant_changed = TenantChanged(name="甲", is_active=True, rate_per_second=5, burst=9)
    ended = SessionRevoked(user_id=new_id(), reason="sign_out", expires_at=datetime.now(UTC))
    topic = await make_topic(kafka_server.url)
    async with consuming(door.worker_pool, HANDLERS, kafka_server.url, topic):
        assert not await door.is_open(secret)
        await send(
            kafka_server.url,
            topic,
            [
                as_record(tenant_changed, tenant=tenant, subject=tenant),
                as_record(changed, tenant=tenant, subject=key_id),
            ],
        )
        await wait_until(lambda: door.is_open(secret), 60, "the key")
        await wait_until(lambda: door.is_open(token), 60, "the token")
        await send(
            kafka_server.url,
            topic,
            [
                as_record(revoked, tenant=tenant, subject=key_id, sequence=2),
                as_record(ended, tenant=tenant, subject=token_session),
            ],
        )

        async def are_dead() -> bool:
            return not await door.is_open(secret) and not await door.is_open(token)

        await wait_until(are_dead, 60, "the revocation")


async def test_verified_credentials_are_kept_for_a_moment_without_a_question(door: Door) -> None:
    secret, token = await grant_api_key(door.worker_pool, TENANT), door.issuer.token()
    first = [await door.authenticator.authenticate(f"Bearer {credential}") for credential in (secret, token)]
    door.api_pool.terminate()
    again = [await door.authenticator.authenticate(f"bearer {credential}") for credential in (secret, token)]
    assert again == first
    with pytest.raises(Unavailable):
        await door.authenticator.authenticate(f"Bearer {door.issuer.token()}")


async def test_api_key_carries_its_tenant_scopes_and_limits(door: Door) -> None:
    secret = await grant_api_key(door.worker_pool, TENANT, scopes=("invoice:read",), rate_per_second=7)
    principal = await door.authenticator.authenticate(f"Bearer {secret}")
    assert (principal.tenant, principal.kind, principal.scopes) == (
        TENANT,
        "api_key",
        frozenset({"invoice:read"}),
    )
    assert (principal.rate_per_second, principal.burst) == (7, 14)


async def test_api_key_that_has_expired_is_refused(door: Door) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert not await door.is_open(await grant_api_key(door.worker_pool, TENANT, expires_at=past))


async def test_token_of_a_closed_tenant_is_refused(door: Door) -> None:
    async with transaction(door.worker_pool) as tx:
        await tx.execute("update tenants set is_active = false")
    assert not await door.is_open(door.issuer.token())


async def test_authorization_that_is_no_credential_is_refused(door: Door) -> None:
    unsound = [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcg==",
        "ofp_test_x",
        "Bearer ofp_test_x",
        "Bearer a.b.c",
    ]
    unsound += [
        "Bearer " + "a" * 5000,
        "Bearer 密钥",
        "Bearer ofp_test_x\0",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
    ]
    for header in unsound:
        with pytest.raises(Unauthenticated):
            await door.authenticator.authenticate(header)
    assert door.issuer.fetches == 0


async def test_forged_tokens_are_refused(door: Door) -> None:
    issuer, now = door.issuer, datetime.now(UTC)
    assert await door.is_open(issuer.token())
    public = issuer.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    headers = {"typ": "at+jwt", "kid": KEY_ID}
    stranger = Issuer()
    forged = {
        "not signed": jwt.encode(claims, "", algorithm="none", headers=headers),
        "signed with the public key": jwt.encode(claims, public, algorithm="HS256", headers=headers),
        "signed by a stranger": stranger.token(),
        "key sent along": stranger.token(
            headers={"jwk": OKPAlgorithm.to_jwk(stranger.key.public_key(), as_dict=True)}
        ),
        "key by address": stranger.token(headers={"jku": "http://127.0.0.1:9/keys"}),
        "an id token": issuer.token(headers={"typ": "JWT"}),
        "another audience": issuer.token(aud="someone-else"),
        "another issuer": issuer.token(iss="someone-else"),
        "over": issuer.token(iat=now - timedelta(hours=1), exp=now - timedelta(minutes=1)),
        "not begun": issuer.token(nbf=now + timedelta(minutes=5)),
        "issued tomorrow": issuer.token(iat=now + timedelta(days=1), exp=now + timedelta(days=1, minutes=10)),
        "for ever": issuer.token(exp=10**20),
        "for a year": issuer.token(exp=now + timedelta(days=365)),
        "no tenant": issuer.token(tenant="x"),
        "cut": issuer.token()[:-4],
    } | {f"without {name}": issuer.token(without=name) for name in claims}
    assert [name for name, token in forged.items() if await door.is_open(token)] == []
    assert issuer.fetches == 1


async def test_flood_of_unknown_keys_fetches_once(door: Door) -> None:
    tokens = [door.issuer.token(headers={"kid": uuid4().hex}) for _ in range(300)]
    let_in = await asyncio.gather(*(door.is_open(token) for token in tokens))
    assert not any(let_in)
    assert door.issuer.fetches == 1
    assert await door.is_open(door.issuer.token())
    assert door.issuer.fetches == 1


async def test_keys_are_kept_while_auth_is_away(database: MakeDatabase) -> None:
    made, issuer = await database("invoice"), Issuer()
    async with (
        open_pool(made.worker, connections=2, name="test-worker") as worker,
        aiohttp.ClientSession() as http,
    ):
        await grant_api_key(worker, TENANT)
        async with serving(issuer):
            authenticator = Authenticator(worker, KeySet(issuer.url, http))
            await authenticator.authenticate(f"Bearer {issuer.token()}")
        await authenticator.authenticate(f"Bearer {issuer.token()}")
        strangers = Authenticator(worker, KeySet(issuer.url, http))
        with pytest.raises(Unavailable):
            await strangers.authenticate(f"Bearer {issuer.token()}")
