"""SQL of users, learnt from auth."""

from collections.abc import Sequence

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.users import User

LIST_OWNERS = """
select tenant_id, id, email, roles, is_active
from users
where tenant_id = $1 and is_active and email is not null and 'owner' = any(roles)
order by id
"""


async def list_owners(tx: Tx, tenant: TenantId) -> list[User]:
    """Those who can be written to."""
    return [User(*row) for row in await tx.fetch(LIST_OWNERS, tenant)]


SAVE_USER = """
insert into users (tenant_id, id, email, roles, is_active)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, id) do update
set email = excluded.email, roles = excluded.roles, is_active = excluded.is_active
"""


async def save_users(tx: Tx, users: Sequence[User]) -> None:
    """In this order: the last word on a user holds."""
    await tx.executemany(SAVE_USER, [(u.tenant, u.id, u.email, u.roles, u.is_active) for u in users])
