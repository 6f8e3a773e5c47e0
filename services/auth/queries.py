"""Reads: rows in the shape of the answer, newest first, a page at a time; and look-ups before the tenant is known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.sessions import RefreshTokenPlace, Session
from services.auth.domain.users import User
from services.auth.store.api_keys import to_api_key
from services.auth.store.sessions import to_session
from services.auth.store.users import to_user

GET_USER = """
select tenant_id, id, username, email, display_name, roles, is_active, version, created_at, updated_at
from users
where tenant_id = $1 and id = $2
"""


async def get_user(tx: Tx, tenant: TenantId, user_id: UUID) -> User:
    """Raises NotFound."""
    if (row := await tx.fetchrow(GET_USER, tenant, user_id)) is None:
        raise NotFound
    return to_user(row)


LIST_USERS = """
select tenant_id, id, username, email, display_name, roles, is_active, version, created_at, updated_at
from users
where tenant_id = $1 and id < $2
order by id desc
limit $3
"""


async def list_users(tx: Tx, tenant: TenantId, before: UUID, limit: int) -> list[User]:
    return [to_user(row) for row in await tx.fetch(LIST_USERS, tenant, before, limit)]


LIST_API_KEYS = """
select tenant_id, id, name, environment, scopes, secret_sha256, hint, created_by, created_at, expires_at,
       revoked_at, replaced_by
from issued_api_keys
where tenant_id = $1 and id < $2
order by id desc
limit $3
"""


async def list_api_keys(tx: Tx, tenant: TenantId, before: UUID, limit: int) -> list[ApiKey]:
    """Revoked and expired ones too: they explain old entries of histories."""
    return [to_api_key(row) for row in await tx.fetch(LIST_API_KEYS, tenant, before, limit)]


LIST_SESSIONS = """
select tenant_id, id, user_id, created_at, last_used_at, expires_at, address, user_agent, revoked_at
from user_sessions
where tenant_id = $1 and user_id = $2 and revoked_at is null and expires_at > $3 and id < $4
order by id desc
limit $5
"""


async def list_sessions(
    tx: Tx, tenant: TenantId, user_id: UUID, now: datetime, *, before: UUID, limit: int
) -> list[Session]:
    """Open sessions of one user."""
    rows = await tx.fetch(LIST_SESSIONS, tenant, user_id, now, before, limit)
    return [to_session(row) for row in rows]


GET_TENANT_NAME = "select name from tenant_accounts where tenant_id = $1"


async def get_tenant_name(tx: Tx, tenant: TenantId) -> str:
    name: str = await tx.fetchval(GET_TENANT_NAME, tenant)
    return name


GET_API_KEY_NAME = "select name from issued_api_keys where tenant_id = $1 and id = $2"


async def get_api_key_name(tx: Tx, tenant: TenantId, key_id: UUID) -> str:
    """Raises NotFound."""
    name: str | None = await tx.fetchval(GET_API_KEY_NAME, tenant, key_id)
    if name is None:
        raise NotFound
    return name


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which subject, when, from where; `details` depend on the action."""

    id: UUID
    time: datetime
    actor: str
    action: str
    subject: UUID | None
    address: str
    request_id: str
    details: dict[str, Any]


LIST_AUDIT_ENTRIES = """
select id, time, actor, action, subject, address, request_id, details
from audit_entries
where tenant_id = $1 and id < $2
order by id desc
limit $3
"""


async def list_audit_entries(tx: Tx, tenant: TenantId, before: UUID, limit: int) -> list[AuditEntry]:
    rows = await tx.fetch(LIST_AUDIT_ENTRIES, tenant, before, limit)
    return [AuditEntry(**{**row, "details": msgspec.json.decode(row["details"])}) for row in rows]


FIND_REFRESH = "select tenant_id, session_id from find_refresh_token($1)"


async def find_refresh_token(tx: Tx, sha256: bytes) -> RefreshTokenPlace | None:
    """Used and expired ones too; works before the tenant is known."""
    row = await tx.fetchrow(FIND_REFRESH, sha256)
    return None if row is None else RefreshTokenPlace(row["tenant_id"], row["session_id"])


class Client(NamedTuple):
    """An API key as OAuth client, with the rate limit of its tenant."""

    tenant: TenantId
    id: UUID
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None
    rate_per_second: int
    burst: int


FIND_CLIENT = "select tenant_id, name, scopes, expires_at, rate_per_second, burst from find_client($1, $2)"


async def find_client(tx: Tx, client_id: UUID, secret_sha256: bytes) -> Client | None:
    """Active keys of active tenants; works before the tenant is known."""
    row = await tx.fetchrow(FIND_CLIENT, client_id, secret_sha256)
    if row is None:
        return None
    limits = (row["rate_per_second"], row["burst"])
    return Client(
        row["tenant_id"], client_id, row["name"], frozenset(row["scopes"]), row["expires_at"], *limits
    )
