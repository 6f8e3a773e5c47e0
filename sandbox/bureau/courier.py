"""Posts callbacks: each once, in the background; nobody waits for them and none is repeated."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, web

from sandbox.bureau.callbacks import Notice

LOG = structlog.get_logger("sandbox.courier")
TIMEOUT = ClientTimeout(total=5)


class Courier:
    """To one address, or to none when it is empty."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, notices: Iterable[Notice]) -> None:
        """Returns at once."""
        for notice in notices if self._url else ():
            task = asyncio.get_running_loop().create_task(self._post(notice))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _post(self, notice: Notice) -> None:
        await asyncio.sleep(notice.wait_millis / 1000)
        headers = {"Content-Type": "application/json"}
        try:
            async with self._http.post(
                self._url, data=notice.content, headers=headers, timeout=TIMEOUT
            ) as answer:
                LOG.info("callback_posted", status=answer.status)
        except (ClientError, TimeoutError, OSError) as error:
            LOG.warning("callback_not_posted", error=repr(error))

    async def work(self, _: web.Application) -> AsyncIterator[None]:
        """While the application runs; what is under way when it stops is dropped."""
        async with ClientSession() as self._http:
            yield
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)


COURIER = web.AppKey("COURIER", Courier)
