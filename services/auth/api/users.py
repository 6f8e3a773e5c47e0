"""Users of the tenant and their roles."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from libs.common.answers import expected_version, is_seen
from libs.common.auth import Principal, require
from libs.common.db import transaction
from libs.common.pagination import PageParameters, id_below
from libs.common.strict_json import StrictRoute
from services.auth import queries
from services.auth.api.paging import page_of
from services.auth.commands.users import ChangeUser, CreateUser, change_user, create_user
from services.auth.domain.users import User, UserChange
from services.auth.resources import Resources, caller_of, resources_of
from services.auth.schemas import (
    ChangeUserRequest,
    CreateUserRequest,
    PageOf,
    UserAnswer,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1/auth/users", tags=["Users"])

Reader = Annotated[Principal, Depends(require("auth:read"))]
Writer = Annotated[Principal, Depends(require("auth:write"))]
Opened = Annotated[Resources, Depends(resources_of)]


@router.get("")
async def list_users(
    page: Annotated[PageParameters, Query()], principal: Reader, resources: Opened
) -> PageOf[UserAnswer]:
    """Newest first."""
    async with transaction(resources.pool, principal.tenant) as tx:
        users = await queries.list_users(tx, principal.tenant, id_below(page.cursor), page.limit + 1)
    return page_of(users, UserAnswer.model_validate, page, resources.clock())


@router.post("", status_code=201)
async def add_user(
    request: Request, response: Response, body: CreateUserRequest, principal: Writer, resources: Opened
) -> UserAnswer:
    """The roles may not allow more than the caller holds."""
    command = CreateUser(
        username=body.username,
        email=body.email,
        display_name=body.display_name,
        password_hash=await resources.passwords.hash(body.password),
        roles=_distinct(body.roles),
    )
    async with transaction(resources.pool, principal.tenant) as tx:
        user = await create_user(tx, command, caller_of(request, principal), now=resources.clock())
    response.headers["location"] = f"/v1/auth/users/{user.id}"
    return _answer(response, user)


@router.get("/{user_id}", response_model=UserAnswer, responses={304: {"description": "Not changed"}})
async def get_user(
    response: Response,
    user_id: UUID,
    principal: Reader,
    resources: Opened,
    if_none_match: Annotated[str | None, Header()] = None,
) -> UserAnswer | Response:
    async with transaction(resources.pool, principal.tenant) as tx:
        user = await queries.get_user(tx, principal.tenant, user_id)
    answer = _answer(response, user)
    if is_seen(response.headers["etag"], if_none_match):
        return Response(status_code=304, headers={"etag": response.headers["etag"]})
    return answer


@router.patch("/{user_id}")
async def edit_user(
    request: Request,
    response: Response,
    *,
    user_id: UUID,
    body: ChangeUserRequest,
    principal: Writer,
    resources: Opened,
    if_match: Annotated[str | None, Header()] = None,
) -> UserAnswer:
    """With If-Match the edit applies to that version only. Whoever loses access is signed out everywhere."""
    change = UserChange(
        email=body.email,
        display_name=body.display_name,
        roles=None if body.roles is None else _distinct(body.roles),
        is_active=body.is_active,
    )
    command = ChangeUser(user_id, change, expected_version(if_match))
    async with transaction(resources.pool, principal.tenant) as tx:
        user = await change_user(tx, command, caller_of(request, principal), now=resources.clock())
    return _answer(response, user)


def _distinct(roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(roles)))


def _answer(response: Response, user: User) -> UserAnswer:
    response.headers["etag"] = f'"{user.version}"'
    return UserAnswer.model_validate(user)
