"""What the routes share: their principals, and answers as ready bytes."""

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request, Response

from libs.common.answers import etag_of, json_answer, resource_answer
from libs.common.auth import Principal, require
from libs.common.db import Pool

Reader = Annotated[Principal, Depends(require("notify:read"))]
Writer = Annotated[Principal, Depends(require("notify:write"))]


def pool_of(request: Request) -> Pool:
    pool: Pool = request.app.state.resources.pool
    return pool


def json_response(body: Any, status: int = 200) -> Response:
    return json_answer(msgspec.json.encode(body), status)


def single_response(request: Request, body: Any) -> Response:
    """A single resource with its ETag; 304 if the client has it."""
    content = msgspec.json.encode(body)
    return resource_answer(content, etag_of(content), if_none_match=request.headers.get("if-none-match"))
