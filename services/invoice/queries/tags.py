"""The tags of a tenant with their colours."""

from libs.common.db import Pool, transaction
from libs.common.ids import TenantId

# Tags of a tenant's latest thousand marked or issued invoices: all of them would be a look at every invoice.
LIST_TAGS = """
select tag, min(colour) as colour
from (
  select tag, colour
  from tag_colours
  where tenant_id = $1
  union all
  select unnest(tags), null
  from (
    select tags from invoice_views where tenant_id = $1 order by sort_at desc, id desc limit 1000
  ) as latest
) as known
group by tag
order by tag
limit 1000
"""


async def list_tags(pool: Pool, tenant: TenantId) -> list[dict[str, str | None]]:
    """In the order of their text."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_TAGS, tenant)
    return [dict(row) for row in rows]
