"""`python -m services.invoice verify-history --tenant ID`: whether a row of the tenant's history was changed or lost.

Reads with the worker's role (OFP_DATABASE_URL); ends with 1 and the first broken position if the chain is not whole.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

from libs.common.db import open_pool
from libs.common.ids import TenantId
from libs.common.settings import Settings
from services.invoice.queries.history import Verdict, verify_history


def run(arguments: Sequence[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.invoice verify-history")
    parser.add_argument("--tenant", type=UUID, required=True)
    verdict = asyncio.run(_verify(TenantId(parser.parse_args(arguments).tenant)))
    if verdict.broken_at is None:
        sys.stdout.write(f"{verdict.checked} rows, the chain is whole\n")
        return 0
    sys.stdout.write(f"the row at position {verdict.broken_at} was changed, moved or removed\n")
    return 1


async def _verify(tenant: TenantId) -> Verdict:
    settings = Settings()
    async with open_pool(settings.database_url, connections=1, name="invoice-verify-history") as pool:
        return await verify_history(pool, tenant)
