"""The one place that makes Kafka clients: every default that could lose or reorder is set here."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

# The client itself waits for ever on a frozen broker. What a worker may be in, one after the other, when it is told
# to stop must fit into 20 s: a send and a stop, or a commit and a stop.
SEND_SECONDS = 8.0
COMMIT_SECONDS = 5.0
STOP_SECONDS = 3.0
MAX_RECORD_BYTES = 4 * 1024 * 1024 + 64 * 1024


def make_producer(bootstrap: str, client_id: str) -> AIOKafkaProducer:
    """Idempotent, acknowledged by all in-sync replicas. It never times out by itself: bound every wait on it."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_request_size=MAX_RECORD_BYTES,
        max_batch_size=256 * 1024,
        request_timeout_ms=5_000,
        metadata_max_age_ms=30_000,
    )


def make_consumer(
    bootstrap: str,
    group: str,
    client_id: str,
    topics: tuple[str, ...],
    *,
    longest_poll_seconds: float = 300.0,
) -> AIOKafkaConsumer:
    """Offsets only by hand, from the beginning where the group is new; bytes are decoded by the caller."""
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        group_id=group,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_uncommitted",
        session_timeout_ms=15_000,
        heartbeat_interval_ms=3_000,
        max_poll_interval_ms=int(longest_poll_seconds * 1000),
        # A frozen broker is left after this. Joining may wait longer, for the session of a member that died: then the
        # same member id asks once more, and the group is as complete as it would have been.
        request_timeout_ms=10_000,
        # Under load the broker answers ten times a second with what has come: an event costs a third of one alone.
        fetch_min_bytes=64 * 1024,
        fetch_max_wait_ms=100,
        fetch_max_bytes=16 * 1024 * 1024,
        max_partition_fetch_bytes=MAX_RECORD_BYTES,
        metadata_max_age_ms=30_000,
    )


async def stop_quietly(client: AIOKafkaConsumer | AIOKafkaProducer, *, seconds: float = STOP_SECONDS) -> None:
    """Stop, but never wait longer than `seconds`: with a frozen broker `stop()` does not return.

    Whatever `stop()` raises is dropped; the caller's own cancellation is not.
    """
    stopping = asyncio.ensure_future(client.stop())
    stopping.add_done_callback(lambda task: task.cancelled() or task.exception())
    await asyncio.wait([stopping], timeout=seconds)
