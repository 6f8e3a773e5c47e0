"""A worker that makes exports until it is killed: `python -m tests.helpers.dying_exporter`."""

import asyncio
from contextlib import AsyncExitStack

from libs.common.db import open_pool
from services.invoice.exports.loops import open_export_loops
from services.invoice.settings import InvoiceSettings


async def main() -> None:
    settings = InvoiceSettings()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.database_url, connections=2, name="dying"))
        exports, *_ = await stack.enter_async_context(open_export_loops(pool, settings))
        while True:
            if not await exports.step():
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
