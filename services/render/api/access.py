"""Whose documents a request is about: the caller's own, or, for a support agent, those of the tenant it names."""

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends, Query

from libs.common.auth import Principal, check_scopes, require
from libs.common.ids import TenantId

AGENT_SCOPE = "support:agent"

NamedTenant = Annotated[UUID | None, Query(description="Of another tenant; for support agents only")]


class Reach(NamedTuple):
    """The tenant in which to work, and who does; what an agent does is kept with the tenant's documents."""

    tenant: TenantId
    actor: str
    is_agent: bool


def reach_tenant(principal: Principal, tenant_id: UUID | None, scope: str) -> Reach:
    """The caller's own tenant with `scope`, another one only with support:agent; else raises Forbidden."""
    if tenant_id is None:
        check_scopes(principal, {scope})
        return Reach(principal.tenant, principal.actor, is_agent=False)
    check_scopes(principal, {AGENT_SCOPE})
    return Reach(TenantId(tenant_id), principal.actor, is_agent=True)


def reach(scope: str) -> Callable[..., Awaitable[Reach]]:
    """The same as a dependency."""

    async def read_reach(
        principal: Annotated[Principal, Depends(require())], tenant_id: NamedTenant = None
    ) -> Reach:
        return reach_tenant(principal, tenant_id, scope)

    return read_reach
