"""What the routers share: who may call, the process's resources, the header of the key, and answers as ready bytes."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from libs.common.auth import Principal, require
from services.invoice.resources import Resources

Reader = Annotated[Principal, Depends(require("invoice:read"))]
Writer = Annotated[Principal, Depends(require("invoice:write"))]

KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "1 to 255 visible ASCII characters",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
KEY_HEADER = {"parameters": [KEY_PARAMETER]}


def resources_of(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def json_response(content: bytes, status: int = 200, **headers: str) -> Response:
    """Ready bytes; header names in Python spelling."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(content, status, named, media_type="application/json")
