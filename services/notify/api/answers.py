"""What the routes share: their principals, and answers as ready bytes."""

import hashlib
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request, Response

from libs.common.auth import Principal, require
from libs.common.db import Pool

Reader = Annotated[Principal, Depends(require("notify:read"))]
Writer = Annotated[Principal, Depends(require("notify:write"))]


def pool_of(request: Request) -> Pool:
    pool: Pool = request.app.state.resources.pool
    return pool


def json_response(body: Any, status: int = 200) -> Response:
    """`body` as JSON; not to be cached, for it changes."""
    content = msgspec.json.encode(body)
    return Response(content, status, {"cache-control": "no-store"}, media_type="application/json")


def single_response(request: Request, body: Any) -> Response:
    """A single resource with its ETag; 304 if the client has it."""
    content = msgspec.json.encode(body)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type="application/json")
