"""What corrections change in the query views; every statement takes a whole run of events."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId

SHOW_REDS = """
update invoice_views v
set red = c.red
from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) as c (tenant_id, id, red)
where v.tenant_id = c.tenant_id and v.id = c.id
"""
# The last of several reversals of one invoice counts.
SHOW_REVERSALS = """
update invoice_views v
set reversal = c.reversal
from (
  select distinct on (tenant_id, id) tenant_id, id, reversal
  from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as n (tenant_id, id, reversal, place)
  order by tenant_id, id, place desc
) c
where v.tenant_id = c.tenant_id and v.id = c.id
"""


async def show_reds(tx: Tx, reds: Sequence[tuple[TenantId, UUID, str]]) -> None:
    """(tenant, red invoice, what it takes back as JSON)."""
    if reds:
        await tx.execute(SHOW_REDS, *zip(*reds, strict=True))


async def show_reversed(tx: Tx, changes: Sequence[tuple[TenantId, UUID, str]]) -> None:
    """(tenant, blue invoice, reversal), in order."""
    await tx.execute(SHOW_REVERSALS, *zip(*changes, strict=True))
