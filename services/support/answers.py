"""Answers with their ETag, and what a caller's If-Match and If-None-Match ask.

An ETag is `"<version>-<hash of the answer>"`: the facts of the invoice change the answer but not the ticket, so an edit
only needs the version to be the one that was seen.
"""

import hashlib
import re

import msgspec
from fastapi import Response

from libs.common.problems import PreconditionFailed
from services.support.queries.ticket import TicketAnswer

_ETAG = re.compile(r'"([0-9]{1,9})-[0-9a-f]{16}"')


def ticket_response(ticket: TicketAnswer, *, status: int = 200, seen: str | None = None) -> Response:
    """The ticket, or 304 where the caller has `seen` this very answer (If-None-Match)."""
    body = msgspec.json.encode(ticket)
    etag = f'"{ticket.version}-{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if etag in _tags(seen):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type="application/json")


def expected_version(if_match: str | None) -> int | None:
    """The version that an edit is based on, None without If-Match; raises PreconditionFailed for a foreign tag."""
    tags = _tags(if_match)
    if not tags or tags == ["*"]:
        return None
    found = _ETAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if found is None:
        raise PreconditionFailed
    return int(found.group(1))


def _tags(header: str | None) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()]
