"""Users and their passwords' hashes."""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from libs.common.db import Tx, constraint_problems
from libs.common.ids import TenantId, UserId
from libs.common.problems import NotFound
from services.auth.domain.users import User
from services.auth.errors import EmailTaken, UsernameTaken


class Login(NamedTuple):
    """What sign-in finds under a name."""

    tenant: TenantId
    user_id: UserId
    password_hash: str


FIND_LOGIN = "select tenant_id, id, password_hash from find_login($1)"


async def find_login(tx: Tx, name: str) -> Login | None:
    """By user name or e-mail address, of active users of active tenants; works before the tenant is known."""
    row = await tx.fetchrow(FIND_LOGIN, name)
    return None if row is None else Login(row["tenant_id"], row["id"], row["password_hash"])


class FoundUser(NamedTuple):
    """A user whatever its state."""

    user: User
    password_hash: str


FIND_USER = """
select tenant_id, id, username, email, display_name, password_hash, roles, is_active, version, created_at,
       updated_at
from users
where username = $1
"""


async def find_user(tx: Tx, username: str) -> FoundUser | None:
    """For the command line, which works across tenants."""
    row = await tx.fetchrow(FIND_USER, username)
    return None if row is None else FoundUser(to_user(row), row["password_hash"])


INSERT_USER = """
insert into users (tenant_id, id, username, email, display_name, password_hash, roles, is_active, version,
                   created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def insert_user(tx: Tx, user: User, password_hash: str) -> None:
    """Raises UsernameTaken or EmailTaken, whichever tenant the other user belongs to."""
    with constraint_problems(users_username_key=UsernameTaken(), users_email_key=EmailTaken()):
        await tx.execute(
            INSERT_USER,
            user.tenant,
            user.id,
            user.username,
            user.email,
            user.display_name,
            password_hash,
            list(user.roles),
            user.is_active,
            user.version,
            user.created_at,
            user.updated_at,
        )


LOAD_USER = """
select tenant_id, id, username, email, display_name, roles, is_active, version, created_at, updated_at
from users
where tenant_id = $1 and id = $2
for update
"""


async def load_user(tx: Tx, tenant: TenantId, user_id: UUID) -> User:
    """Locked until the transaction ends; raises NotFound."""
    if (row := await tx.fetchrow(LOAD_USER, tenant, user_id)) is None:
        raise NotFound
    return to_user(row)


# A password that was changed, or a user closed, while the old password was being hashed is no sign-in.
LOAD_VERIFIED_USER = """
select tenant_id, id, username, email, display_name, roles, is_active, version, created_at, updated_at
from users
where tenant_id = $1 and id = $2 and password_hash = $3 and is_active
for share
"""


async def load_verified_user(tx: Tx, login: Login) -> User | None:
    """The user, if the hash that was checked is still the valid one."""
    row = await tx.fetchrow(LOAD_VERIFIED_USER, login.tenant, login.user_id, login.password_hash)
    return None if row is None else to_user(row)


SAVE_USER = """
update users
set email = $3, display_name = $4, roles = $5, is_active = $6, version = $7, updated_at = $8
where tenant_id = $1 and id = $2
"""


async def save_user(tx: Tx, user: User) -> None:
    """Raises EmailTaken."""
    state = (list(user.roles), user.is_active, user.version, user.updated_at)
    with constraint_problems(users_email_key=EmailTaken()):
        await tx.execute(SAVE_USER, user.tenant, user.id, user.email, user.display_name, *state)


SAVE_HASH = "update users set password_hash = $3 where tenant_id = $1 and id = $2"


async def save_password(tx: Tx, tenant: TenantId, user_id: UUID, password_hash: str) -> None:
    await tx.execute(SAVE_HASH, tenant, user_id, password_hash)


# Locks the owners in one order, so that two of them cannot retire each other at once.
LOCK_OWNERS = """
select id
from users
where tenant_id = $1 and is_active and 'owner' = any(roles)
order by id
for update
"""


async def lock_owners(tx: Tx, tenant: TenantId) -> frozenset[UUID]:
    """Ids of the tenant's active owners."""
    return frozenset(row["id"] for row in await tx.fetch(LOCK_OWNERS, tenant))


def to_user(row: asyncpg.Record) -> User:
    return User(
        tenant=TenantId(row["tenant_id"]),
        id=UserId(row["id"]),
        username=row["username"],
        email=row["email"],
        display_name=row["display_name"],
        roles=tuple(row["roles"]),
        is_active=row["is_active"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
