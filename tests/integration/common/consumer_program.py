"""A recording consumer in a process of its own: `NAME DSN BOOTSTRAP TOPIC GROUP`; its handler passes the gate."""

import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from libs.common.consumer import Applier, Consumer
from libs.common.db import Tx, open_pool
from libs.common.events import Event, EveryEvent
from libs.common.kafka import make_consumer
from libs.common.log import configure_logging
from libs.common.loops import Heartbeats
from libs.common.server import run, stop_on_signal
from tests.integration.common.gate import GATE
from tests.integration.common.recording import record


async def record_behind_gate(tx: Tx, events: Sequence[Event[EveryEvent]], now: datetime) -> None:
    await tx.execute("select pg_advisory_xact_lock_shared($1)", GATE)
    await record(tx, events, now)


async def main() -> None:
    name, dsn, bootstrap, topic, group = sys.argv[1:]
    connect = partial(make_consumer, bootstrap, group, name, (topic,))
    async with open_pool(dsn, connections=2, name=name) as pool:
        consumer = Consumer(Applier(pool, {EveryEvent: record_behind_gate}), connect)
        await consumer.run(stop_on_signal(), Heartbeats())


configure_logging("test-consumer", "info")
run(main())
