"""Closes the days that are over at TIME, as render's worker does: `python -m tests.helpers.closing_day TIME`.

Reads the environment of a worker of render.
"""

import asyncio
import sys
from datetime import datetime

from libs.common.db import open_pool
from services.render.day_sealer import DaySealer
from services.render.seal import Sealer, read_key
from services.render.settings import RenderSettings


async def main(now: datetime) -> None:
    settings = RenderSettings()
    sealer = Sealer(read_key(settings.seal_key.get_secret_value()))
    async with open_pool(settings.database_url, connections=2, name="closing-day") as pool:
        days = DaySealer(pool, sealer, now=lambda: now)
        while await days.step():
            pass


if __name__ == "__main__":
    asyncio.run(main(datetime.fromisoformat(sys.argv[1])))
