"""Tenants' master rows."""

import asyncpg

from libs.common.db import Tx, constraint_problems
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from services.auth.domain.tenants import Tenant
from services.auth.errors import TenantNameTaken

INSERT_TENANT = """
insert into tenant_accounts (tenant_id, name, is_platform, is_active, rate_per_second, burst, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def insert_tenant(tx: Tx, tenant: Tenant) -> None:
    settings = (tenant.is_active, tenant.rate_per_second, tenant.burst)
    with constraint_problems(tenant_accounts_name_key=TenantNameTaken()):
        await tx.execute(
            INSERT_TENANT, tenant.id, tenant.name, tenant.is_platform, *settings, tenant.created_at
        )


LOAD_TENANT = """
select tenant_id, name, is_platform, is_active, rate_per_second, burst, created_at
from tenant_accounts
where tenant_id = $1
"""


async def load_tenant(tx: Tx, tenant: TenantId) -> Tenant:
    """Raises NotFound."""
    if (row := await tx.fetchrow(LOAD_TENANT, tenant)) is None:
        raise NotFound
    return _tenant(row)


FIND_TENANT = """
select tenant_id, name, is_platform, is_active, rate_per_second, burst, created_at
from tenant_accounts
where name = $1
"""


async def find_tenant(tx: Tx, name: str) -> Tenant | None:
    """For the command line, which works across tenants."""
    row = await tx.fetchrow(FIND_TENANT, name)
    return None if row is None else _tenant(row)


SAVE_TENANT = """
update tenant_accounts
set is_active = $2, rate_per_second = $3, burst = $4
where tenant_id = $1
"""


async def save_tenant(tx: Tx, tenant: Tenant) -> None:
    await tx.execute(SAVE_TENANT, tenant.id, tenant.is_active, tenant.rate_per_second, tenant.burst)


def _tenant(row: asyncpg.Record) -> Tenant:
    return Tenant(
        id=TenantId(row["tenant_id"]),
        name=row["name"],
        is_platform=row["is_platform"],
        is_active=row["is_active"],
        rate_per_second=row["rate_per_second"],
        burst=row["burst"],
        created_at=row["created_at"],
    )
