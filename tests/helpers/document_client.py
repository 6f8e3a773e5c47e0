"""A tenant's client of the documents API, over HTTP, with the worker behind it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from libs.common.ids import TenantId, new_id
from services.render.drawing import Draw
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database
from tests.helpers.rendering import PDF, Issued, Rendering, issue, rendering, serving


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    content: bytes
    json: Any


@dataclass
class Client:
    """The tenant's client and the worker behind the api."""

    session: aiohttp.ClientSession
    worker: Rendering
    tenant: TenantId
    secret: str

    async def get(self, path: str, secret: str | None = None, **headers: str) -> Answer:
        """With the tenant's key unless another is given; an empty one sends none."""
        return await self.ask("GET", path, secret=secret, headers=headers)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        secret: str | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        credential = self.secret if secret is None else secret
        sent = dict(headers or {})
        if credential:
            sent["authorization"] = f"Bearer {credential}"
        async with self.session.request(method, path, headers=sent, json=json) as response:
            content = await response.read()
            answer = await response.json(content_type=None) if "json" in response.content_type else None
            return Answer(response.status, response.headers, content, answer)

    async def rendered(self, drawers: Mapping[str, Draw] = PDF, **changes: Any) -> Issued:
        """An invoice whose documents are finished."""
        issued = issue(self.tenant, **changes)
        await self.worker.consume(issued, formats=tuple(drawers))
        await self.worker.render(drawers)
        return issued


@asynccontextmanager
async def open_client(database: Database, s3_url: str) -> AsyncIterator[Client]:
    async with rendering(database, s3_url) as worker, serving(database, worker) as session:
        tenant = TenantId(new_id())
        yield Client(session, worker, tenant, await grant_api_key(worker.pool, tenant))
