"""An address at which the sandbox bureau reaches an api that runs in process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web

PATH = "/v1/authority-callbacks"


@asynccontextmanager
async def open_bridge(app: Any, port: int) -> AsyncIterator[list[int]]:
    """Passes callbacks on to the app without any credential; yields the answers' statuses as they come."""
    statuses: list[int] = []
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

        async def forward(request: web.Request) -> web.Response:
            headers = {"content-type": request.headers["content-type"]}
            answer = await client.post(PATH, content=await request.read(), headers=headers)
            statuses.append(answer.status_code)
            return web.Response(status=answer.status_code, body=answer.content)

        bridge = web.Application()
        bridge.router.add_post(PATH, forward)
        runner = web.AppRunner(bridge, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield statuses
        finally:
            await runner.cleanup()
