"""Whose tickets a caller reaches: a tenant's own, or, for a platform agent, any one on the record.

Every request on a ticket works inside exactly one tenant. An agent's request first asks for the ticket's tenant, which
the database answers only together with a row in agent_accesses; that row stands whatever becomes of the request.
"""

from libs.common.auth import Principal
from libs.common.context import current_correlation
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.problems import FieldError, NotFound
from services.support.domain.tickets import Actor, Agent, TicketId
from services.support.errors import AgentUnknown
from services.support.store.agents import enter_ticket, find_agent

AGENT_SCOPE = "support:agent"


def is_agent(principal: Principal) -> bool:
    """Auth gives the scope to credentials of the platform's own tenant only."""
    return AGENT_SCOPE in principal.scopes


def actor_of(principal: Principal) -> Actor:
    return Actor(principal.actor, principal.name, is_agent(principal))


async def reach_ticket(pool: Pool, principal: Principal, ticket_id: TicketId, action: str) -> TenantId:
    """The tenant as which to work on this ticket; an agent's reach is recorded. Raises NotFound."""
    if not is_agent(principal):
        return principal.tenant
    async with transaction(pool) as tx:
        request_id = current_correlation().id
        tenant = await enter_ticket(tx, principal.actor, ticket_id, action, request_id=request_id)
    if tenant is None:
        raise NotFound
    return tenant


async def choose_agent(pool: Pool, principal: Principal, name: str) -> Agent:
    """The agent to whom a colleague assigns; raises AgentUnknown."""
    async with transaction(pool, principal.tenant) as tx:
        agent = await find_agent(tx, principal.tenant, name)
    if agent is None:
        detail = f"There is no active support agent {name!a}."
        error = FieldError("/agent", AgentUnknown.code, detail, f"没有在职的客服人员 {name}。")
        raise AgentUnknown(detail, detail_zh=error.detail_zh, errors=[error])
    return agent
