"""API keys as issued; other services keep copies of what is published about them."""

from datetime import datetime
from uuid import UUID

import asyncpg

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from services.auth.domain.api_keys import ApiKey

INSERT_API_KEY = """
insert into issued_api_keys (tenant_id, id, name, environment, scopes, secret_sha256, hint, created_by, created_at,
                             expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def insert_api_key(tx: Tx, key: ApiKey) -> None:
    await tx.execute(
        INSERT_API_KEY,
        key.tenant,
        key.id,
        key.name,
        key.environment,
        list(key.scopes),
        key.secret_sha256,
        key.hint,
        key.created_by,
        key.created_at,
        key.expires_at,
    )


LOAD_API_KEY = """
select tenant_id, id, name, environment, scopes, secret_sha256, hint, created_by, created_at, expires_at,
       revoked_at, replaced_by
from issued_api_keys
where tenant_id = $1 and id = $2
for update
"""


async def load_api_key(tx: Tx, tenant: TenantId, key_id: UUID) -> ApiKey:
    """Locked until the transaction ends; raises NotFound."""
    if (row := await tx.fetchrow(LOAD_API_KEY, tenant, key_id)) is None:
        raise NotFound
    return to_api_key(row)


FIND_ACTIVE_API_KEYS = """
select tenant_id, id, name, environment, scopes, secret_sha256, hint, created_by, created_at, expires_at,
       revoked_at, replaced_by
from issued_api_keys
where tenant_id = $1 and name = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
order by id
"""


async def find_active_api_keys(tx: Tx, tenant: TenantId, name: str, now: datetime) -> list[ApiKey]:
    """Keys of one name; names are labels and need not be unique."""
    return [to_api_key(row) for row in await tx.fetch(FIND_ACTIVE_API_KEYS, tenant, name, now)]


SAVE_API_KEY = """
update issued_api_keys
set expires_at = $3, revoked_at = $4, replaced_by = $5
where tenant_id = $1 and id = $2
"""


async def save_api_key(tx: Tx, key: ApiKey) -> None:
    await tx.execute(SAVE_API_KEY, key.tenant, key.id, key.expires_at, key.revoked_at, key.replaced_by)


def to_api_key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        tenant=TenantId(row["tenant_id"]),
        id=row["id"],
        name=row["name"],
        environment=row["environment"],
        scopes=tuple(row["scopes"]),
        secret_sha256=row["secret_sha256"],
        hint=row["hint"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        replaced_by=row["replaced_by"],
    )
