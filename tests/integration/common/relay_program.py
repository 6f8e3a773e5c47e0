"""A relay in a process of its own: `DSN BOOTSTRAP [freeze]`; `freeze` stops it between its first read and send."""

import asyncio
import os
import signal
import sys

from aiokafka import AIOKafkaProducer

from libs.common.db import open_pool
from libs.common.kafka import make_producer
from libs.common.log import configure_logging
from libs.common.loops import Heartbeats, Loop, run_loop
from libs.common.relay import Relay
from libs.common.server import run, stop_on_signal


async def main() -> None:
    dsn, bootstrap, *freeze = sys.argv[1:]

    def connect() -> AIOKafkaProducer:
        """The relay asks for its producer when it has read its first rows."""
        if freeze:
            freeze.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return make_producer(bootstrap, "test-relay")

    async with open_pool(dsn, connections=2, name="test-relay") as pool:
        relay = Relay(pool, connect)
        await run_loop(Loop("relay", relay.step, idle_seconds=0.01), stop_on_signal(), Heartbeats())
        await asyncio.wait_for(relay.close(), 10)


configure_logging("test-relay", "info")
run(main())
