"""OAuth 2.0 client credentials, by the letter of RFC 6749, and the public keys."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import jwt
import pytest

from libs.common.auth import AUDIENCE, ISSUER
from tests.helpers.auth_desk import AuthDesk, open_auth_desk
from tests.helpers.databases import MakeDatabase

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[AuthDesk]:
    async with open_auth_desk(await database("auth")) as opened:
        yield opened


@pytest.fixture
async def client(desk: AuthDesk) -> tuple[str, str]:
    """Id and secret of a key with two scopes."""
    return await desk.make_api_key(await desk.make_tenant(), ["invoice:read", "invoice:write"])


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


async def test_token_by_basic_or_by_form_acts_for_the_key(desk: AuthDesk, client: tuple[str, str]) -> None:
    client_id, secret = client
    in_form = {**GRANT, "client_id": client_id, "client_secret": secret}
    for answer in (
        await desk.form(GRANT, authorization=basic(client_id, secret)),
        await desk.form(in_form),
    ):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
        assert told["scope"] == "invoice:read invoice:write"
        assert "refresh_token" not in told
        me = (await desk.call("GET", "/me", bearer=told["access_token"])).json()
        assert (me["id"], me["kind"], me["session_id"]) == (client_id, "api_key", None)


async def test_token_takes_a_part_of_the_scopes(desk: AuthDesk, client: tuple[str, str]) -> None:
    answer = await desk.form({**GRANT, "scope": "invoice:read"}, authorization=basic(*client))
    assert answer.json()["scope"] == "invoice:read"
    more = await desk.form({**GRANT, "scope": "invoice:read auth:write"}, authorization=basic(*client))
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


async def test_token_wrong_client_is_refused_as_the_rfc_says(desk: AuthDesk, client: tuple[str, str]) -> None:
    client_id, secret = client
    other_id, _ = await desk.make_api_key(await desk.make_tenant())
    for header in (
        basic(client_id, secret + "x"),
        basic(other_id, secret),
        basic("not a uuid", secret),
        basic(client_id, ""),
        "Basic !!!",
        "Basic",
        f"Bearer {secret}",
    ):
        answer = await desk.form(GRANT, authorization=header)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), header
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"] == "invalid-client"
    assert (await desk.form(GRANT)).json()["error"] == "invalid_client"


async def test_token_malformed_request_is_refused_as_the_rfc_says(
    desk: AuthDesk, client: tuple[str, str]
) -> None:
    header = basic(*client)
    for fields, error in (
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({**GRANT, "audience": "x"}, "invalid_request"),
        ({**GRANT, "client_id": client[0]}, "invalid_request"),
    ):
        answer = await desk.form(fields, authorization=header)
        assert (answer.status_code, answer.json()["error"]) == (400, error), fields


async def test_token_hostile_form_is_400(desk: AuthDesk, client: tuple[str, str]) -> None:
    media_type = "application/x-www-form-urlencoded"
    for body in (
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&scope=%ff",
        b"grant_type=client_credentials&scope=\xff",
        b"grant_type",
        b"&".join(b"scope=x" for _ in range(10_000)),
        b"\x00",
    ):
        headers = {"content_type": media_type, "authorization": basic(*client)}
        answer = await desk.raw("POST", "/token", body, **headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), body[:50]


async def test_token_json_body_is_415(desk: AuthDesk) -> None:
    assert (await desk.call("POST", "/token", GRANT)).status_code == 415


async def test_token_does_not_outlive_its_key(desk: AuthDesk) -> None:
    client = await desk.make_api_key(await desk.make_tenant(), ["invoice:read"], timedelta(minutes=3))
    answer = await desk.form(GRANT, authorization=basic(*client))
    assert 170 <= answer.json()["expires_in"] <= 180


async def test_token_requests_count_in_the_rate_limit_of_the_tenant(desk: AuthDesk) -> None:
    client = await desk.make_api_key(await desk.make_tenant(rate_per_second=1), ["invoice:read"])
    answers = [await desk.form(GRANT, authorization=basic(*client)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].json()["code"] == "rate-limited"
    assert answers[0].headers["ratelimit-policy"] == '"tenant";q=1;w=1'


async def test_public_keys_verify_a_token_without_our_code(desk: AuthDesk, client: tuple[str, str]) -> None:
    token = (await desk.form(GRANT, authorization=basic(*client))).json()["access_token"]
    answer = await desk.call("GET", "/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=60"
    keys = answer.json()["keys"]
    assert len(keys) == 2
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in keys)
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": header["kid"]}
    [key] = [jwt.PyJWK(key) for key in keys if key["kid"] == header["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=ISSUER, audience=AUDIENCE)
    assert (claims["sub"], claims["scope"]) == (client[0], "invoice:read invoice:write")
