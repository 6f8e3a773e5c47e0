"""The client of the object store, where the store answers late or not at all."""

import asyncio
from datetime import timedelta

import pytest

from libs.common.clock import utc_now
from libs.common.object_store import ObjectStore, Slice, StoreUnavailable
from tests.helpers.servers import ACCESS_KEY, PASSWORD


async def test_put_whose_answer_does_not_come_is_not_repeated() -> None:
    """A repeated one would leave a version that nobody knows of; a read is tried once more."""
    requests: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readline())
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        objects = ObjectStore(f"http://127.0.0.1:{port}", ACCESS_KEY, PASSWORD, read_seconds=0.2)
        until = utc_now() + timedelta(days=1)
        with pytest.raises(StoreUnavailable):
            await objects.put_locked("documents", "key", b"content", until=until, media_type="text/plain")
        assert [line.split()[0] for line in requests] == [b"PUT"]
        with pytest.raises(StoreUnavailable):
            await objects.read(Slice("documents", "key", "1", 0, 7), sha256="")
        assert [line.split()[0] for line in requests] == [b"PUT", b"GET", b"GET"]
        objects.close()
