"""A store that takes connections and never answers: readers give up in their turn, also those that only wait for it."""

import asyncio
from datetime import timedelta

import pytest

from libs.common.ids import InvoiceId, TenantId, new_id
from libs.common.object_store import ObjectStore, Slice, StoreUnavailable
from services.render import archive as archive_module
from services.render.archive import Archive
from services.render.domain import DocumentKey
from tests.helpers.servers import ACCESS_KEY, PASSWORD

THREADS = 2


async def test_readers_of_a_hung_store_are_told_so_and_what_waited_is_never_asked_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_module, "ANSWER_SECONDS", 0.5)
    taken: list[asyncio.StreamWriter] = []

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    async with await asyncio.start_server(hang, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        objects = ObjectStore(
            f"http://127.0.0.1:{port}", ACCESS_KEY, PASSWORD, threads=THREADS, read_seconds=5.0
        )
        archive = Archive(objects, "documents", timedelta(days=1))
        key = DocumentKey(TenantId(new_id()), InvoiceId(new_id()), "pdf", 1)
        reading = [archive.read(key, Slice("documents", "key", "1", 0, 7), sha256="") for _ in range(50)]
        told = await asyncio.gather(*reading, return_exceptions=True)
        assert {(type(problem), getattr(problem, "retry_after", None)) for problem in told} == {
            (StoreUnavailable, 5)
        }
        assert len(taken) <= THREADS
        server.close()  # nobody may try again
        for writer in taken:
            writer.close()
            await writer.wait_closed()
        objects.close()
