"""A small application behind the real edge, with one route for each thing that can happen to a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from libs.common.app import build_api, create_app
from libs.common.auth import Principal, require
from libs.common.context import current_correlation
from libs.common.ids import TenantId
from libs.common.problems import Unauthenticated
from libs.common.settings import Settings
from libs.common.strict_json import LinkRoute, StrictRoute

router = APIRouter(route_class=StrictRoute)
link_router = APIRouter(route_class=LinkRoute)


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = ""
    count: int = 0
    parts: list[dict[str, Any]] = []


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = 50


@router.post("/notes")
async def post_note(note: Note) -> dict[str, int]:
    return {"length": len(note.text)}


@router.get("/notes")
async def get_notes(filters: Annotated[Filters, Query()]) -> dict[str, int]:
    return {"limit": filters.limit}


@router.get("/correlation")
async def get_correlation() -> dict[str, str]:
    correlation = current_correlation()
    return {"id": correlation.id, "traceparent": correlation.traceparent}


@router.get("/mine")
async def get_mine(principal: Annotated[Principal, Depends(require("note:read"))]) -> dict[str, str]:
    return {"tenant": str(principal.tenant)}


@router.get("/words")
async def get_words(word: str = "") -> dict[str, str]:
    return {"word": word}


@link_router.get("/shared")
async def get_shared(signature: str = "") -> dict[str, str]:
    return {"signature": signature}


@router.get("/slow")
async def get_slow(request: Request) -> dict[str, bool]:
    gate: Gate = request.app.state.resources
    gate.arrived.set()
    await gate.opened.wait()
    return {"done": True}


@router.get("/broken")
async def get_broken() -> None:
    raise RuntimeError("secret detail of the inside")


@router.get("/broken-stream")
async def get_broken_stream() -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("secret detail of the inside")

    return StreamingResponse(content())


class Gate:
    """Where slow requests wait."""

    def __init__(self) -> None:
        self.arrived, self.opened = asyncio.Event(), asyncio.Event()


class Doorman:
    """Takes the credential for the scopes it names; `Bearer` alone is nobody."""

    async def authenticate(self, authorization: str | None) -> Principal:
        if authorization is None:
            raise Unauthenticated
        scopes = frozenset(authorization.removeprefix("Bearer ").split(","))
        return Principal(TenantId(UUID(int=1)), UUID(int=2), "api_key", "key", scopes, 1, 2)


@asynccontextmanager
async def open_demo(gate: Gate | None = None, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in process."""
    made = Settings(database_url="postgresql://nowhere", **settings)
    doorman: Any = Doorman()
    limits = {"/notes/large": 4 * 1024 * 1024}
    app = create_app(
        build_api("Demo", [router, link_router]), made, doorman, resources=gate, body_limits=limits
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
