"""API keys of the tenant. A secret is shown once, in the answer that creates it."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from libs.common.auth import Principal, require
from libs.common.db import transaction
from libs.common.pagination import PageParameters, id_below
from libs.common.strict_json import StrictRoute
from services.auth import queries
from services.auth.api.paging import page_of
from services.auth.commands.api_keys import (
    CreateApiKey,
    RotateApiKey,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from services.auth.domain.api_keys import ApiKey, credential
from services.auth.resources import Resources, caller_of, resources_of
from services.auth.schemas import (
    ApiKeyAnswer,
    CreateApiKeyRequest,
    NewApiKeyAnswer,
    PageOf,
    RotateApiKeyRequest,
)
from services.auth.secret_keys import new_secret

router = APIRouter(route_class=StrictRoute, prefix="/v1/auth/api-keys", tags=["API keys"])

Reader = Annotated[Principal, Depends(require("auth:read"))]
Writer = Annotated[Principal, Depends(require("auth:write"))]
Opened = Annotated[Resources, Depends(resources_of)]


@router.get("")
async def list_api_keys(
    page: Annotated[PageParameters, Query()], principal: Reader, resources: Opened
) -> PageOf[ApiKeyAnswer]:
    """Newest first, revoked and expired ones included."""
    async with transaction(resources.pool, principal.tenant) as tx:
        keys = await queries.list_api_keys(tx, principal.tenant, id_below(page.cursor), page.limit + 1)
    return page_of(keys, ApiKeyAnswer.model_validate, page, resources.clock())


@router.post("", status_code=201)
async def add_api_key(
    request: Request, response: Response, body: CreateApiKeyRequest, principal: Writer, resources: Opened
) -> NewApiKeyAnswer:
    """The key may not hold a scope that its creator lacks. It works everywhere about a second later."""
    secret = new_secret()
    lifetime = None if body.expires_in_days is None else timedelta(days=body.expires_in_days)
    command = CreateApiKey(body.name, body.environment, tuple(body.scopes), secret, lifetime)
    async with transaction(resources.pool, principal.tenant) as tx:
        key = await create_api_key(tx, command, caller_of(request, principal), now=resources.clock())
    return _answer(response, key, secret)


@router.post("/{key_id}/rotate", status_code=201)
async def replace_api_key(
    request: Request,
    response: Response,
    *,
    key_id: UUID,
    body: RotateApiKeyRequest,
    principal: Writer,
    resources: Opened,
) -> NewApiKeyAnswer:
    """A new key like the old one, which works on for the overlap; meanwhile both are valid."""
    secret = new_secret()
    command = RotateApiKey(key_id, secret, timedelta(hours=body.overlap_hours))
    async with transaction(resources.pool, principal.tenant) as tx:
        key = await rotate_api_key(tx, command, caller_of(request, principal), now=resources.clock())
    return _answer(response, key, secret)


@router.delete("/{key_id}", status_code=204)
async def end_api_key(request: Request, key_id: UUID, principal: Writer, resources: Opened) -> Response:
    """The key and the tokens it was exchanged for are refused by every service within seconds."""
    async with transaction(resources.pool, principal.tenant) as tx:
        await revoke_api_key(tx, key_id, caller_of(request, principal), now=resources.clock())
    return Response(status_code=204)


def _answer(response: Response, key: ApiKey, secret: str) -> NewApiKeyAnswer:
    response.headers["cache-control"] = "no-store"
    shown = ApiKeyAnswer.model_validate(key).model_dump()
    return NewApiKeyAnswer(secret=credential(key.environment, secret), **shown)
