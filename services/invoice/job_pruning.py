"""Forgets what ended bulk jobs were sent, after a time: what became of each row stays."""

from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from services.invoice.store.job_rows import prune_rows

_ROUND = 500


async def prune_jobs(pool: Pool, kept: timedelta) -> bool:
    """A round of a loop; True while there may be more."""
    async with transaction(pool) as tx:
        return await prune_rows(tx, before=utc_now() - kept, limit=_ROUND)
