"""An api process as it is run: killed before its answer, told to end in mid-request, fed without end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.process import wait_until
from libs.common.db import transaction
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.invoicing import NO_STORE, Issuing, issuing, make_body
from tests.helpers.processes import Service, child, service
from tests.helpers.servers import free_ports
from tests.integration.common.gate import closed_gate

COUNT = "select count(*) from invoices"


@asynccontextmanager
async def calling(running: Service, shop: Issuing) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the process, with the tenant's credential, when it is ready."""
    await running.until_ready()
    headers = {"authorization": shop.client.headers["authorization"]}
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as client:
        yield client


def start_api(database: Database, folder: Path, **settings: object) -> Any:
    return service("invoice", "api", folder, database_url=database.api, **NO_STORE, **settings)


async def test_request_whose_process_was_killed_after_commit_is_answered_by_the_next_one(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = await database("invoice")
    headers = {"idempotency-key": "key-1"}
    async with issuing(made) as shop, closed_gate(made.superuser) as gate:
        await gate.hold("invoices", "insert", at_commit=True)
        with start_api(made, tmp_path) as first:
            async with calling(first, shop) as client:
                asked = asyncio.create_task(client.post("/v1/invoices", json=make_body(), headers=headers))
                await gate.until_waiting()
                first.child.freeze()
                await gate.open()

                async def is_committed() -> bool:
                    async with transaction(shop.worker_pool) as tx:
                        return bool(await tx.fetchval(COUNT))

                await wait_until(is_committed, 60, "the commit")
                first.child.kill()
                with pytest.raises(httpx.TransportError):
                    await asked
        with start_api(made, tmp_path) as second:
            async with calling(second, shop) as client:
                again = await client.post("/v1/invoices", json=make_body(), headers=headers)
                other = await client.post(
                    "/v1/invoices", json=make_body(reference="SO-2"), headers={"idempotency-key": "key-2"}
                )
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        assert int(other.json()["number"]) == int(again.json()["number"]) + 1
        async with transaction(shop.worker_pool) as tx:
            assert await tx.fetchval(COUNT) == 2


async def test_process_told_to_end_turns_unready_finishes_its_requests_and_exits_with_zero(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = await database("invoice")
    async with issuing(made) as shop:
        invoice = (await shop.post(make_body())).json()
        path = f"/v1/invoices/{invoice['id']}"
        with start_api(made, tmp_path, drain_seconds=6) as running:
            async with calling(running, shop) as client:
                slow = asyncio.create_task(client.get(path, params={"wait": "confirmed", "timeout": 12}))
                await client.get(path)
                running.child.terminate()

                async def is_draining() -> bool:
                    answer = await client.get(f"{running.internal_url}/health/ready")
                    return bool(answer.json()["reasons"] == {"process": "draining"})

                await wait_until(is_draining, 60, "the process")
                assert (await client.get(f"{running.internal_url}/health/live")).status_code == 200
                await assert_open_for(0.7, f"{running.url}{path}")
                assert not slow.done()
                answer = await slow
                assert (answer.status_code, answer.json()["id"]) == (200, invoice["id"])
            assert await running.child.wait(20) == 0
            assert (
                len(running.child.lines("process_draining"))
                == len(running.child.lines("process_stopped"))
                == 1
            )


async def assert_open_for(seconds: float, url: str) -> None:
    """Balancers need a moment to notice: till then new connections are taken."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(url)).status_code == 401


async def test_body_without_end_is_refused_and_its_connection_closed(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = await database("invoice")
    head = "POST /v1/invoices HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    async with issuing(made) as shop:
        with start_api(made, tmp_path) as running:
            async with calling(running, shop) as client:
                endless = await pour(
                    running,
                    f"{head}transfer-encoding: chunked\r\n\r\n",
                    b"10000\r\n" + b" " * 65536 + b"\r\n",
                )
                declared = await pour(running, f"{head}content-length: 50000000\r\n\r\n", b" " * 65536)
                assert (await client.get("/v1/quota")).status_code == 200
    for answer in (endless, declared):
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"content-type: application/problem+json\r\n" in answer
        assert b'"code":"body-too-large"' in answer


async def pour(running: Service, head: str, piece: bytes) -> bytes:
    """Send the head and then pieces until the server has had enough; its answer, read to the connection's end."""
    port = int(running.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read(65536))
    writer.write(head.encode())
    with suppress(ConnectionError):
        for _ in range(2000):
            if answer.done():
                break
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
    received = await answer
    with suppress(ConnectionError):
        received += await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return received


async def test_process_that_cannot_start_says_why_and_exits_with_one(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = await database("invoice")
    (unused,) = free_ports(1)
    gone = made.api.replace(made.api.rpartition("@")[2], f"127.0.0.1:{unused}/none")
    variables = {f"OFP_{key.upper()}": value for key, value in {"database_url": gone, **NO_STORE}.items()}
    with child(["-m", "services.invoice", "api"], tmp_path / "log", variables) as process:
        assert await process.wait(30) == 1
    (line,) = process.lines("process_failed")
    assert "Connect" in line["exception"]
    with child(["-m", "services.invoice", "api"], tmp_path / "unset", {}) as process:
        assert await process.wait(30) == 1
    assert "database_url" in process.text()
