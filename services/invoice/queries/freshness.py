"""How current a tenant's views are, and waiting until they show what is already written."""

import asyncio
import time
from datetime import datetime

from libs.common.clock import utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.problems import Unavailable

WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.03

# Everything changed before this instant is shown.
LOAD_AS_OF = """
select coalesce(min(changed_at), now())
from view_backlog
where tenant_id = $1
"""


async def load_as_of(tx: Tx, tenant: TenantId) -> datetime:
    """Call before the view is read, in the same transaction."""
    as_of: datetime = await tx.fetchval(LOAD_AS_OF, tenant)
    return as_of


async def wait_for_own_writes(pool: Pool, tenant: TenantId) -> None:
    """Until the views show all that the tenant had written when this was called; raises Unavailable if they lag."""
    wanted, deadline = utc_now(), time.monotonic() + WAIT_SECONDS
    while True:
        async with transaction(pool, tenant) as tx:
            if await load_as_of(tx, tenant) > wanted:
                return
        if time.monotonic() > deadline:
            detail = f"The views are more than {WAIT_SECONDS:.0f} seconds behind."
            raise Unavailable(detail, detail_zh="查询视图尚未同步，请稍后重试。", retry_after=2)
        await asyncio.sleep(_POLL_SECONDS)
