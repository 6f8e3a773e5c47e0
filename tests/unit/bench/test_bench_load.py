"""The load generator: requests of their own, times from the schedule, and answers read whatever way they arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest

from bench.invoices import make_bodies, make_requests
from bench.load import post_at_rate, post_by_clients

pytestmark = pytest.mark.fast

ANSWER = b"HTTP/1.1 201 Created\r\nLocation: /v1/invoices/0199\r\nContent-Length: 4\r\n\r\nbody"


@asynccontextmanager
async def server(*, chunk: int = 4096, seconds: float = 0.0) -> AsyncIterator[int]:
    """Answers one request after the other on each connection, `chunk` bytes at a time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await reader.readexactly(int(length.partition(b":")[2]))
            await asyncio.sleep(seconds)
            for start in range(0, len(ANSWER), chunk):
                writer.write(ANSWER[start : start + chunk])
                await writer.drain()

    open_ones: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await serve(reader, writer)
        writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await asyncio.gather(*open_ones)


def write_requests(count: int) -> list[bytes]:
    return list(make_requests(make_bodies("seed"), count, api_key="ofp_test_x", run="run-1"))


def test_requests_of_one_run_differ_in_key_and_reference() -> None:
    requests = write_requests(1000)
    keys = {request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for request in requests}
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in requests]
    assert len(keys) == len({body["reference"] for body in bodies}) == 1000
    assert all(len(body["reference"]) <= 64 for body in bodies)
    assert {len(body["lines"]) for body in bodies} >= {1, 8, 12}
    assert not any("deliver" in body for body in bodies)


def test_bodies_of_one_seed_are_the_same() -> None:
    assert make_bodies("seed") == make_bodies("seed") != make_bodies("other")


@pytest.mark.parametrize("chunk", [1, 7, 4096])
async def test_answer_is_read_however_it_is_cut(chunk: int) -> None:
    async with server(chunk=chunk) as port:
        answers = await post_at_rate(port, write_requests(3), 1000)
    assert [(answer.status, answer.location) for answer in answers] == [(201, "/v1/invoices/0199")] * 3


async def test_latency_counts_from_the_time_a_request_was_due() -> None:
    async with server(seconds=0.05) as port:
        answers = await post_at_rate(port, write_requests(20), 200)
    assert [round((answer.due - answers[0].due) * 200) for answer in answers] == list(range(20))
    assert all(answer.seconds >= 0.05 for answer in answers)


async def test_request_without_an_answer_is_counted_as_status_0() -> None:
    async with server() as port:
        pass
    answers = await post_at_rate(port, write_requests(3), 1000)
    assert [answer.status for answer in answers] == [0, 0, 0]


async def test_clients_wait_for_their_answers() -> None:
    async with server(seconds=0.02) as port:
        answers = await post_by_clients(port, iter(write_requests(200)), 2, 0.1)
    assert 4 <= len(answers) <= 14
    assert {answer.status for answer in answers} == {201}
