"""Answers as ready bytes, and their entity tags (RFC 9110, section 8.8.3)."""

import hashlib
import re

from fastapi import Response

from libs.common.problems import PreconditionFailed

JSON = "application/json"
_VERSION_TAG = re.compile(r'"([0-9]{1,9})(?:-[0-9a-f]+)?"')


def json_answer(content: bytes, status: int = 200) -> Response:
    """JSON that is not to be cached, for it changes."""
    return Response(content, status, {"cache-control": "no-store"}, media_type=JSON)


def resource_answer(
    content: bytes, etag: str, *, if_none_match: str | None = None, status: int = 200
) -> Response:
    """A single resource as JSON with its tag; 304 where the client has seen this very answer."""
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if is_seen(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, media_type=JSON)


def etag_of(content: bytes, version: int | None = None) -> str:
    """The tag of exactly these bytes; of what can be edited it begins with the version, for `expected_version`."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def is_seen(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has the answer with this tag; a weak tag stands for the strong one it was made of."""
    return any(tag.removeprefix("W/") in {etag, "*"} for tag in _tags(if_none_match))


def expected_version(if_match: str | None) -> int | None:
    """The version that an edit is based on, None without If-Match; raises PreconditionFailed for a foreign tag.

    Tags of what can be edited begin with its version: `"3"`, or `"3-…"` where the answer shows more than that.
    """
    tags = _tags(if_match)
    if not tags or tags == ["*"]:
        return None
    found = _VERSION_TAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if found is None:
        raise PreconditionFailed
    return int(found.group(1))


def _tags(header: str | None) -> list[str]:
    return [tag.strip() for tag in (header or "").split(",") if tag.strip()]
