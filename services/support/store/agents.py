"""Users as auth announced them, and the two functions through which an agent reaches tickets of all tenants."""

from collections.abc import Sequence
from dataclasses import astuple

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.support.domain.facts import id_or_text
from services.support.domain.tickets import Agent, TicketId, User

SAVE_USERS = """
insert into users (tenant_id, id, username, display_name, is_agent, is_active)
select tenant_id, id, username, display_name, is_agent, is_active
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::boolean[])
  as changed (tenant_id, id, username, display_name, is_agent, is_active)
order by tenant_id, id
on conflict (tenant_id, id) do update
set username = excluded.username, display_name = excluded.display_name, is_agent = excluded.is_agent,
    is_active = excluded.is_active
"""


async def save_users(tx: Tx, users: Sequence[User]) -> None:
    """Overwrite the copies; at most one item a user. The fields stand in the statement's order."""
    await tx.execute(SAVE_USERS, *zip(*map(astuple, users), strict=True))


FIND_AGENT = """
select id, display_name
from users
where tenant_id = $1 and (id = $2 or username = $3) and is_agent and is_active
limit 1
"""


async def find_agent(tx: Tx, platform: TenantId, name: str) -> Agent | None:
    """The active agent among the platform's own users with this id or user name."""
    row = await tx.fetchrow(FIND_AGENT, platform, *id_or_text(name))
    return Agent(row["id"], row["display_name"]) if row else None


ENTER_TICKET = "select enter_ticket($1, $2, $3, $4)"


async def enter_ticket(
    tx: Tx, agent: str, ticket_id: TicketId, action: str, *, request_id: str
) -> TenantId | None:
    """The tenant of a ticket, recorded as asked for by this agent."""
    tenant: TenantId | None = await tx.fetchval(ENTER_TICKET, agent, ticket_id, action, request_id)
    return tenant
