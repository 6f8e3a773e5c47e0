"""Access tokens that are not ours, or not what they claim, are 401 with one and the same answer."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import jwt
import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.common.auth import Authenticator
from libs.common.ids import new_id
from libs.common.jwks import KeySet
from libs.common.problems import Unauthenticated
from services.auth.domain.signing_keys import SigningKey, signing_key
from services.auth.secret_keys import SecretKeys
from services.auth.tokens import SigningPair
from tests.helpers.auth_desk import SECRET, AuthDesk, open_auth_desk
from tests.helpers.databases import MakeDatabase


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


async def true_key(desk: AuthDesk) -> SigningPair:
    """The signing key itself: even who signs rightly must claim rightly."""
    connection = await asyncpg.connect(desk.database.superuser)
    try:
        rows = await connection.fetch(
            "select id, sealed_private_key, active_from, created_at from signing_keys"
        )
    finally:
        await connection.close()
    current = signing_key([SigningKey(*row.values()) for row in rows], desk.clock())
    assert current is not None
    return SigningPair.from_bytes(SecretKeys(SECRET).unseal(current.id, current.sealed_private_key))


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def assemble(header: object, claims: object, signature: bytes) -> str:
    return ".".join([b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()), b64(signature)])


def sign(pair: SigningPair, claims: dict[str, Any], **header: Any) -> str:
    key = Ed25519PrivateKey.from_private_bytes(pair.private_bytes())
    head = {"alg": "EdDSA", "kid": pair.id, "typ": "at+jwt", **header}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{b64(key.sign(signed.encode()))}"


@pytest.fixture
async def valid(desk: AuthDesk) -> tuple[SigningPair, dict[str, Any]]:
    """The true key and true claims of somebody signed in."""
    tokens = await desk.tokens(await desk.make_user(await desk.make_tenant()))
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return await true_key(desk), claims


async def status_of(desk: AuthDesk, token: str) -> tuple[int, str]:
    answer = await desk.call("GET", "/me", bearer=token)
    assert answer.headers["content-type"].startswith("application/problem+json") or answer.status_code == 200
    return answer.status_code, answer.json().get("code", "")


async def test_token_made_like_ours_is_accepted(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    assert set(claims) >= {
        "iss",
        "aud",
        "sub",
        "tenant",
        "sid",
        "scope",
        "jti",
        "iat",
        "exp",
        "kind",
        "name",
        "ver",
    }
    assert claims["exp"] - claims["iat"] == 600
    assert await status_of(desk, sign(pair, claims)) == (200, "")


async def test_token_with_another_algorithm_is_refused(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    public = base64.urlsafe_b64decode(pair.jwk["x"] + "=")
    for algorithm in ("none", "None", "nOnE", ""):
        header = {"alg": algorithm, "kid": pair.id, "typ": "at+jwt"}
        for signature in (b"", b"x"):
            assert await status_of(desk, assemble(header, claims, signature)) == (401, "unauthenticated")
    header = {"alg": "HS256", "kid": pair.id, "typ": "at+jwt"}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    for secret in (public, pair.jwk["x"].encode(), json.dumps(pair.jwk).encode()):
        forged = f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
        assert await status_of(desk, forged) == (401, "unauthenticated")


async def test_token_signed_by_a_stranger_is_refused_whatever_its_header_points_to(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    stranger = SigningPair.generate()
    asked: list[str] = []

    async def trap(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"keys": [stranger.jwk]})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", trap)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"{site.name}/jwks.json"
    try:
        for header in (
            {"kid": pair.id},
            {"kid": stranger.id},
            {"kid": stranger.id, "jwk": stranger.jwk},
            {"kid": stranger.id, "jku": url},
            {"kid": stranger.id, "x5u": url},
            {"kid": url},
            {"kid": "../../etc/passwd"},
            {"kid": 7},
            {"kid": None},
            {"crit": ["exp"]},
        ):
            assert await status_of(desk, sign(stranger, claims, **header)) == (401, "unauthenticated")
    finally:
        await runner.cleanup()
    assert asked == []


NOW = int(time.time())


WRONG_CLAIMS: tuple[dict[str, Any], ...] = (
    {"aud": "other-api"},
    {"aud": ["openfapiao"]},
    {"aud": None},
    {"iss": "https://attacker.example"},
    {"iss": None},
    {"exp": None},
    {"exp": NOW - 3600},
    {"exp": 10**20},
    {"exp": NOW + 86_400},
    {"exp": float("inf")},
    {"exp": "9999999999"},
    {"exp": [NOW + 60]},
    {"nbf": NOW + 3600},
    {"iat": NOW + 3600},
    {"iat": None},
    {"iat": "now"},
    {"jti": None},
    {"sub": None},
    {"sub": "not a uuid"},
    {"sub": 7},
    {"sid": None},
    {"sid": "' or 1=1 --"},
    {"tenant": None},
    {"tenant": str(new_id())},
    {"tenant": {"a": 1}},
    {"scope": None},
)


async def test_token_with_wrong_claims_is_refused(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    for change in WRONG_CLAIMS:
        changed = {name: value for name, value in {**claims, **change}.items() if value is not None}
        assert await status_of(desk, sign(pair, changed)) == (401, "unauthenticated"), change


async def test_token_of_another_type_is_refused(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    for kind in ("JWT", "jwt", "id_token", "application/at+jwt ", None, 5):
        assert await status_of(desk, sign(pair, claims, typ=kind)) == (401, "unauthenticated")


async def test_token_changed_in_any_part_is_refused(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    head, body, signature = sign(pair, claims).split(".")
    more = b64(json.dumps({**claims, "scope": "platform:operate"}).encode())
    twice = b64(json.dumps(claims)[:-1].encode() + b', "scope": "platform:operate"}')
    for forged in (
        f"{head}.{more}.{signature}",
        f"{head}.{twice}.{signature}",
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature}.{signature}",
        f"..{signature}",
        "a.b.c",
        "x" * 5000,
    ):
        assert await status_of(desk, forged) == (401, "unauthenticated")


async def test_token_in_a_wrong_place_is_refused(
    desk: AuthDesk, valid: tuple[SigningPair, dict[str, Any]]
) -> None:
    pair, claims = valid
    token = sign(pair, claims)
    _, secret = await desk.make_api_key(await desk.make_tenant())
    for credential in (token, secret):
        for query in (f"?access_token={credential}", f"?api_key={credential}"):
            assert (await desk.call("GET", f"/me{query}")).status_code == 422
        for header in (f"Basic {credential}", credential, f"bearer  {credential}", "Bearer", ""):
            assert (await desk.call("GET", "/me", authorization=header)).status_code == 401


async def test_unknown_key_ids_in_a_flood_cause_one_fetch(desk: AuthDesk) -> None:
    """At another service, which fetches the keys by HTTP."""
    fetches: list[int] = []

    async def jwks(_: web.Request) -> web.Response:
        fetches.append(1)
        return web.json_response({"keys": await desk.resources.key_ring.public_jwks()})

    app = web.Application()
    app.router.add_get("/jwks.json", jwks)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    tokens = await desk.tokens(await desk.make_user(await desk.make_tenant()))
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    try:
        async with ClientSession() as http:
            authenticator = Authenticator(desk.api_pool, KeySet(f"{site.name}/jwks.json", http))
            principal = await authenticator.authenticate(f"Bearer {tokens['access_token']}")
            for _ in range(300):
                with pytest.raises(Unauthenticated):
                    await authenticator.authenticate(f"Bearer {sign(SigningPair.generate(), claims)}")
    finally:
        await runner.cleanup()
    assert principal.kind == "user"
    assert len(fetches) == 1
