"""Load over plain HTTP/1.1: at a rate that does not wait for answers, or by clients that each wait for theirs."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

MOST_CONNECTIONS = 512
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Times are of the wall clock; latency counts from `due`, when the request should have left."""

    due: float
    at: float
    status: int
    location: str

    @property
    def seconds(self) -> float:
        return self.at - self.due

    @property
    def invoice_id(self) -> UUID:
        return UUID(self.location.rpartition("/")[2])


class _Connection(asyncio.Protocol):
    """One request at a time; the answer's body is counted, not kept."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[tuple[int, str]] | None = None
        self._head = b""
        self._missing = -1
        self._result = (0, "")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> asyncio.Future[tuple[int, str]]:
        """(status, Location) of the answer; raises ConnectionError."""
        self._waiter = asyncio.get_running_loop().create_future()
        self._head, self._missing = b"", -1
        if self._transport is None or self._transport.is_closing():
            self._waiter.set_exception(ConnectionResetError())
        else:
            self._transport.write(request)
        return self._waiter

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            self._read_head(head)
        self._missing -= len(data)
        if self._missing == 0 and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(self._result)

    def _read_head(self, head: bytes) -> None:
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, value in fields.items()}
        self._missing = int(headers[b"content-length"])
        self._result = int(head[9:12]), headers.get(b"location", b"").decode()

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionResetError())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Clients:
    """Connections to one port, kept open and used again, last in first out."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[_Connection] = deque()
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)

    async def exchange(self, request: bytes, due: float) -> Answer:
        """Status 0 stands for no answer."""
        async with self._places:
            status, location = 0, ""
            try:
                connection = self._idle.pop() if self._idle else await self._connect()
                status, location = await asyncio.wait_for(connection.send(request), _ANSWER_SECONDS)
                self._idle.append(connection)
            except (OSError, TimeoutError):
                pass
            return Answer(due, time.time(), status, location)

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
        return connection

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


async def post_at_rate(port: int, requests: Sequence[bytes], rate: float) -> list[Answer]:
    """Each request leaves at its own time, whatever has become of those before it."""
    clients = Clients(port)
    began = time.time()
    tasks = []
    for number, request in enumerate(requests):
        due = began + number / rate
        if (wait := due - time.time()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(clients.exchange(request, due)))
    answers = await asyncio.gather(*tasks)
    clients.close()
    return answers


async def post_by_clients(port: int, requests: Iterator[bytes], count: int, seconds: float) -> list[Answer]:
    """`count` clients, each of which posts as soon as it has its answer, until time is up."""
    clients = Clients(port)
    ends = time.time() + seconds
    answers: list[Answer] = []

    async def work() -> None:
        while (now := time.time()) < ends:
            answers.append(await clients.exchange(next(requests), now))

    await asyncio.gather(*(work() for _ in range(count)))
    clients.close()
    return answers
