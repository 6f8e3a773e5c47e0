"""Rows of what was reversed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId

SAVE_REVERSALS = """
insert into reversals (tenant_id, invoice_id, reversal, updated_at)
select distinct on (tenant_id, invoice_id) tenant_id, invoice_id, reversal, $4
from unnest($1::uuid[], $2::uuid[], $3::text[])
  with ordinality as reversed (tenant_id, invoice_id, reversal, position)
order by tenant_id, invoice_id, position desc
on conflict (tenant_id, invoice_id) do update
set reversal = excluded.reversal, updated_at = excluded.updated_at
"""


async def save_reversals(tx: Tx, reversals: Sequence[tuple[TenantId, UUID, str]], *, now: datetime) -> None:
    """In the order of their events; the last of an invoice counts."""
    tenants, invoices, states = zip(*reversals, strict=True)
    await tx.execute(SAVE_REVERSALS, list(tenants), list(invoices), list(states), now)
