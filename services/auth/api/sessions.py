"""Who am I, where am I signed in, and out again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from libs.common.auth import Principal, require
from libs.common.db import transaction
from libs.common.pagination import PageParameters, id_below
from libs.common.strict_json import StrictRoute
from services.auth import queries
from services.auth.api.paging import page_of
from services.auth.commands.sessions import RevokeSession, revoke
from services.auth.domain.sessions import Session
from services.auth.errors import UserSessionNeeded
from services.auth.resources import Resources, caller_of, resources_of
from services.auth.schemas import Me, PageOf, SessionAnswer, TenantName

router = APIRouter(route_class=StrictRoute, prefix="/v1/auth", tags=["Sessions"])

Anybody = Annotated[Principal, Depends(require())]
Opened = Annotated[Resources, Depends(resources_of)]


@router.get("/me")
async def me(principal: Anybody, resources: Opened) -> Me:
    """The holder of the credential, a user or an API key."""
    async with transaction(resources.pool, principal.tenant) as tx:
        tenant = TenantName(id=principal.tenant, name=await queries.get_tenant_name(tx, principal.tenant))
        user = await queries.get_user(tx, principal.tenant, principal.id) if _is_user(principal) else None
        name = (
            user.display_name if user else await queries.get_api_key_name(tx, principal.tenant, principal.id)
        )
    return Me(
        id=principal.id,
        kind="user" if user else "api_key",
        name=name,
        username=user.username if user else None,
        roles=list(user.roles) if user else None,
        scopes=sorted(principal.scopes),
        session_id=principal.session if user else None,
        tenant=tenant,
    )


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request, principal: Anybody, resources: Opened) -> Response:
    """Ends the session; its access tokens are refused by every service within seconds."""
    command = RevokeSession(_session_of(principal), principal.id, "signed_out")
    async with transaction(resources.pool, principal.tenant) as tx:
        await revoke(tx, command, caller_of(request, principal), now=resources.clock())
    return Response(status_code=204)


@router.get("/sessions")
async def list_sessions(
    page: Annotated[PageParameters, Query()], principal: Anybody, resources: Opened
) -> PageOf[SessionAnswer]:
    """The caller's open sessions."""
    current, now = _session_of(principal), resources.clock()
    async with transaction(resources.pool, principal.tenant) as tx:
        found = await queries.list_sessions(
            tx, principal.tenant, principal.id, now, before=id_below(page.cursor), limit=page.limit + 1
        )

    def answer(session: Session) -> SessionAnswer:
        return SessionAnswer.model_validate(session).model_copy(update={"is_current": session.id == current})

    return page_of(found, answer, page, now)


@router.delete("/sessions/{session_id}", status_code=204)
async def revoke_session(
    request: Request, session_id: UUID, principal: Anybody, resources: Opened
) -> Response:
    """One's own session; with auth:write any of the tenant's."""
    only_of = None if "auth:write" in principal.scopes else principal.id
    async with transaction(resources.pool, principal.tenant) as tx:
        command = RevokeSession(session_id, only_of, "revoked")
        await revoke(tx, command, caller_of(request, principal), now=resources.clock())
    return Response(status_code=204)


def _is_user(principal: Principal) -> bool:
    return principal.kind == "user"


def _session_of(principal: Principal) -> UUID:
    """Raises UserSessionNeeded for API keys and the tokens they were exchanged for."""
    if principal.session is None or not _is_user(principal):
        raise UserSessionNeeded
    return principal.session
