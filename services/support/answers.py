"""Answers with their ETag, and what a caller's If-Match and If-None-Match ask.

An ETag is `"<version>-<hash of the answer>"`: the facts of the invoice change the answer but not the ticket, so an edit
only needs the version to be the one that was seen.
"""

import hashlib
import re

import msgspec
from fastapi import Request, Response

from libs.common.problems import PreconditionFailed
from services.support.queries.ticket import TicketAnswer

_ETAG = re.compile(r'"([0-9]{1,9})-[0-9a-f]{16}"')


def ticket_response(request: Request, ticket: TicketAnswer, status: int = 200) -> Response:
    """The ticket, or 304 where the caller's copy is the present one."""
    body = msgspec.json.encode(ticket)
    etag = f'"{ticket.version}-{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if request.method == "GET" and etag in _tags(request, "if-none-match"):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type="application/json")


def expected_version(request: Request) -> int | None:
    """The version that an edit is based on, None without If-Match; raises PreconditionFailed for a foreign tag."""
    tags = _tags(request, "if-match")
    if not tags or tags == ["*"]:
        return None
    found = _ETAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if found is None:
        raise PreconditionFailed
    return int(found.group(1))


def _tags(request: Request, header: str) -> list[str]:
    return [
        tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",") if tag.strip()
    ]
