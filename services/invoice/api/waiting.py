"""How a request waits for what a worker does: it asks its own database, and then tells the client to ask again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId

_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05


async def wait_until(pool: Pool, tenant: TenantId, is_over: Callable[[Tx], Awaitable[bool]]) -> None:
    """Until `is_over`, at most a few seconds; no transaction is open between two questions."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        async with transaction(pool, tenant) as tx:
            if await is_over(tx) or time.monotonic() > deadline:
                return
        await asyncio.sleep(_POLL_SECONDS)
