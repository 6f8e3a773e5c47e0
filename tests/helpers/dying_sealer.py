"""A sealer of days that is killed when its leaves are written: `python -m tests.helpers.dying_sealer URL TIME`."""

import asyncio
import os
import signal
import sys
from datetime import datetime

from libs.common.db import open_pool
from services.render.day_sealer import DaySealer
from services.render.seal import Sealer, read_key


class _DyingSealer(Sealer):
    def sign(self, payload_type: str, payload: bytes) -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive", payload_type, payload)


async def main(database_url: str, now: datetime) -> None:
    async with open_pool(database_url, connections=2, name="dying-sealer") as pool:
        await DaySealer(pool, _DyingSealer(read_key("A" * 43)), now=lambda: now).step()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
