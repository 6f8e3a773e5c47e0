"""Reads every topic from its beginning to its present end."""

import json
from typing import Any

from aiokafka import AIOKafkaConsumer

from tests.chaos.checker.addresses import SERVICES
from tests.chaos.checker.evidence import Record


async def read_topics(bootstrap: str) -> list[Record]:
    """All records, each partition in its order."""
    topics = [f"{service}.events" for service in SERVICES]
    client = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await client.start()
    try:
        missing = sum((await client.end_offsets(list(client.assignment()))).values())
        found: list[Record] = []
        while len(found) < missing:
            polled = await client.getmany(timeout_ms=1000)
            found += [_record(raw) for batch in polled.values() for raw in batch]
        return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))
    finally:
        await client.stop()


def _record(raw: Any) -> Record:
    headers = {name: value.decode() for name, value in raw.headers}
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=(raw.key or b"").decode(),
        id=headers["ce_id"],
        type=headers["ce_type"],
        tenant=headers["ce_tenant"],
        subject=headers["ce_subject"],
        sequence=int(headers["ce_sequence"]),
        payload=json.loads(raw.value),
    )
