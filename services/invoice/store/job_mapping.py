"""What a tenant calls the columns of its tables."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId

LOAD_MAPPING = "select columns from invoice_job_mappings where tenant_id = $1"
SAVE_MAPPING = """
insert into invoice_job_mappings (tenant_id, columns, updated_at)
values ($1, $2, $3)
on conflict (tenant_id) do update set columns = excluded.columns, updated_at = excluded.updated_at
"""


async def load_mapping(tx: Tx, tenant: TenantId) -> dict[str, str]:
    """Headings and the columns they mean; empty if none was ever saved."""
    found = await tx.fetchval(LOAD_MAPPING, tenant)
    return {} if found is None else msgspec.json.decode(found, type=dict[str, str])


async def save_mapping(tx: Tx, tenant: TenantId, columns: Mapping[str, str], *, now: datetime) -> None:
    """In place of the one before."""
    await tx.execute(SAVE_MAPPING, tenant, msgspec.json.encode(columns).decode(), now)
