"""Sessions and their refresh tokens."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from libs.common.db import Tx
from libs.common.ids import TenantId, UserId
from libs.common.problems import NotFound
from services.auth.domain.sessions import Session, refresh_expiry

INSERT_SESSION = """
insert into user_sessions (tenant_id, id, user_id, created_at, last_used_at, expires_at, address, user_agent)
values ($1, $2, $3, $4, $4, $5, $6, $7)
"""


async def insert_session(tx: Tx, session: Session) -> None:
    place = (session.address, session.user_agent)
    identity = (session.tenant, session.id, session.user_id)
    await tx.execute(INSERT_SESSION, *identity, session.created_at, session.expires_at, *place)


LOAD_SESSION = """
select tenant_id, id, user_id, created_at, last_used_at, expires_at, address, user_agent, revoked_at
from user_sessions
where tenant_id = $1 and id = $2
for update
"""


async def load_session(tx: Tx, tenant: TenantId, session_id: UUID) -> Session:
    """Locked until the transaction ends; raises NotFound."""
    if (row := await tx.fetchrow(LOAD_SESSION, tenant, session_id)) is None:
        raise NotFound
    return to_session(row)


LOAD_OPEN_SESSIONS = """
select tenant_id, id, user_id, created_at, last_used_at, expires_at, address, user_agent, revoked_at
from user_sessions
where tenant_id = $1 and user_id = $2 and revoked_at is null and expires_at > $3
order by id
for update
"""


async def load_open_sessions(tx: Tx, tenant: TenantId, user_id: UUID, now: datetime) -> list[Session]:
    rows = await tx.fetch(LOAD_OPEN_SESSIONS, tenant, user_id, now)
    return [to_session(row) for row in rows]


TOUCH_SESSION = "update user_sessions set last_used_at = $3 where tenant_id = $1 and id = $2"


async def touch_session(tx: Tx, session: Session, now: datetime) -> None:
    await tx.execute(TOUCH_SESSION, session.tenant, session.id, now)


REVOKE_SESSION = """
update user_sessions
set revoked_at = $3, revoke_reason = $4
where tenant_id = $1 and id = $2
"""


async def revoke_session(tx: Tx, session: Session, reason: str, now: datetime) -> None:
    await tx.execute(REVOKE_SESSION, session.tenant, session.id, now, reason)


# The other services learn it from the event; here the tokens die with the commit.
DENY_TOKENS = """
insert into revoked_sessions (tenant_id, session_id, expires_at)
values ($1, $2, $3)
on conflict (session_id) do nothing
"""


async def deny_tokens(tx: Tx, tenant: TenantId, session_id: UUID, expires_at: datetime) -> None:
    """Refuse access tokens of a session, or of an API key, at this service."""
    await tx.execute(DENY_TOKENS, tenant, session_id, expires_at)


class RefreshToken(NamedTuple):
    """The life of one refresh token."""

    expires_at: datetime
    used_at: datetime | None


LOAD_REFRESH = "select expires_at, used_at from refresh_tokens where sha256 = $1"


async def load_refresh_token(tx: Tx, sha256: bytes) -> RefreshToken:
    """Read it after the session is locked. Raises NotFound."""
    if (row := await tx.fetchrow(LOAD_REFRESH, sha256)) is None:
        raise NotFound
    return RefreshToken(row["expires_at"], row["used_at"])


INSERT_REFRESH = """
insert into refresh_tokens (tenant_id, session_id, sha256, created_at, expires_at)
values ($1, $2, $3, $4, $5)
"""


async def insert_refresh_token(tx: Tx, session: Session, sha256: bytes, now: datetime) -> None:
    expires_at = refresh_expiry(session, now)
    await tx.execute(INSERT_REFRESH, session.tenant, session.id, sha256, now, expires_at)


MARK_REFRESH_USED = "update refresh_tokens set used_at = $2 where sha256 = $1"


async def mark_refresh_token_used(tx: Tx, sha256: bytes, now: datetime) -> None:
    await tx.execute(MARK_REFRESH_USED, sha256, now)


PRUNE_SESSIONS = """
delete from user_sessions
where (tenant_id, id) in (
  select tenant_id, id from user_sessions where expires_at < $1 order by expires_at limit 1000
)
"""


async def prune_sessions(tx: Tx, before: datetime) -> bool:
    """A bounded batch of sessions long over, with their tokens; True while there may be more."""
    return (await tx.execute(PRUNE_SESSIONS, before)) == "DELETE 1000"


def to_session(row: asyncpg.Record) -> Session:
    return Session(
        tenant=TenantId(row["tenant_id"]),
        id=row["id"],
        user_id=UserId(row["user_id"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        address=row["address"],
        user_agent=row["user_agent"],
        revoked_at=row["revoked_at"],
    )
