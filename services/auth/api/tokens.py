"""OAuth 2.0 client credentials, and the public keys that verify every access token."""

import base64
import binascii
from typing import Annotated
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from libs.common.auth import Principal
from libs.common.db import transaction
from libs.common.problems import UnsupportedMediaType
from services.auth.errors import InvalidClient, InvalidScope, InvalidTokenRequest, UnsupportedGrantType
from services.auth.queries import Client, find_client
from services.auth.resources import Resources, resources_of
from services.auth.schemas import ClientToken, JsonWebKeys
from services.auth.secret_keys import digest_secret
from services.auth.tokens import Bearer

router = APIRouter(prefix="/v1/auth", tags=["Sign-in"])

FIELDS = ("grant_type", "scope", "client_id", "client_secret")
JWKS_SECONDS = 60
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {field: {"type": "string"} for field in FIELDS},
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.post("/token", openapi_extra=_FORM)
async def issue_token(
    request: Request, response: Response, resources: Annotated[Resources, Depends(resources_of)]
) -> ClientToken:
    """Client credentials (RFC 6749 section 4.4): the client id is an API key's id, the secret is the key itself."""
    form = await _read_form(request)
    if form.get("grant_type") != "client_credentials":
        raise (
            UnsupportedGrantType if form.get("grant_type") else InvalidTokenRequest("grant_type is missing.")
        )
    client_id, secret = _credentials(request, form)
    async with transaction(resources.pool) as tx:
        client = await find_client(tx, client_id, digest_secret(secret))
    if client is None:
        raise InvalidClient
    request.app.state.rate_limits.take(request, _principal(request, client))
    scopes = _granted(client, form.get("scope", ""))
    token = await resources.key_ring.sign(
        Bearer(
            tenant=client.tenant,
            id=client.id,
            kind="api_key",
            name=client.name,
            scopes=scopes,
            session=client.id,
            version=1,
            until=client.expires_at,
        )
    )
    response.headers["cache-control"] = "no-store"
    return ClientToken(access_token=token.text, expires_in=token.expires_in, scope=" ".join(sorted(scopes)))


@router.get("/.well-known/jwks.json")
async def public_keys(
    response: Response, resources: Annotated[Resources, Depends(resources_of)]
) -> JsonWebKeys:
    """Keep them for a minute; a next key is published at least five before it signs."""
    response.headers["cache-control"] = f"public, max-age={JWKS_SECONDS}"
    return JsonWebKeys(keys=await resources.key_ring.public_jwks())


async def _read_form(request: Request) -> dict[str, str]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(
            "Send a form, application/x-www-form-urlencoded.", detail_zh="请以表单格式提交。"
        )
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=20, errors="strict"
        )
    except ValueError:
        raise InvalidTokenRequest from None
    form = dict(pairs)
    if len(form) != len(pairs) or not form.keys() <= set(FIELDS):
        raise InvalidTokenRequest
    return form


def _credentials(request: Request, form: dict[str, str]) -> tuple[UUID, str]:
    """By HTTP Basic (each part form-encoded, RFC 6749 section 2.3.1) or in the form, never both."""
    header = request.headers.get("authorization")
    if header is not None and ("client_id" in form or "client_secret" in form):
        raise InvalidTokenRequest("Send the client's credentials once.")
    try:
        if header is None:
            return UUID(form["client_id"]), form["client_secret"]
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            raise InvalidClient
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, _, secret = text.partition(":")
        return UUID(unquote_plus(client_id)), unquote_plus(secret)
    except (KeyError, ValueError, binascii.Error):
        raise InvalidClient from None


def _granted(client: Client, wanted: str) -> frozenset[str]:
    """All that the key holds, or the part asked for; raises InvalidScope."""
    scopes = frozenset(wanted.split()) or client.scopes
    if not scopes <= client.scopes:
        raise InvalidScope
    return scopes


def _principal(request: Request, client: Client) -> Principal:
    """So that token requests count in the tenant's rate limit and show in the access log."""
    principal = Principal(
        tenant=client.tenant,
        id=client.id,
        kind="api_key",
        name=client.name,
        scopes=client.scopes,
        rate_per_second=client.rate_per_second,
        burst=client.burst,
    )
    request.state.principal = principal
    return principal
