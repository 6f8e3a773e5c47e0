"""How the bytes of a document are answered: what is said of them, and which part was asked for (RFC 9110, 8 and 14)."""

import re
from typing import NamedTuple
from urllib.parse import quote

from fastapi.responses import Response
from starlette.datastructures import Headers

from libs.common.file_names import name_document
from services.render.domain import MEDIA_TYPES, SUFFIXES
from services.render.errors import RangeNotSatisfiable
from services.render.queries import DocumentView

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class Part(NamedTuple):
    """Bytes from `first` to `last`, both included, counted from 0."""

    first: int
    last: int


def describe_file(view: DocumentView) -> dict[str, str]:
    """The headers of a ready document; its tag is the SHA-256."""
    file_format = view.key.format
    number = f"{view.code or ''}{view.number}"
    name = name_document(number, view.seller_name, view.issued_at, SUFFIXES.get(file_format, file_format))
    return {
        "content-type": MEDIA_TYPES[file_format],
        "etag": f'"{view.sha256}"',
        "cache-control": "private, no-cache",
        "content-disposition": name_attachment(name),
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
    }


def name_attachment(name: str) -> str:
    """RFC 6266 with the Chinese name as in RFC 8187; for the rest what of it is ASCII, without gaps."""
    plain = re.sub("_+", "_", name.encode("ascii", "ignore").decode())
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def find_part(headers: Headers, etag: str, size: int) -> Part | None:
    """What `Range` asks for; none where it is to be ignored: of several ranges, of other bytes than these (`If-Range`).

    Raises RangeNotSatisfiable.
    """
    asked = _RANGE.fullmatch(headers.get("range", "").strip())
    if asked is None or headers.get("if-range", etag) != etag:
        return None
    first, last = asked.groups()
    if not first:
        return _read_suffix(last, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise RangeNotSatisfiable(size=size)
    return Part(int(first), min(int(last or size), size - 1))


def _read_suffix(length: str, size: int) -> Part | None:
    if not length:
        return None
    if int(length) == 0:
        raise RangeNotSatisfiable(size=size)
    return Part(max(0, size - int(length)), size - 1)


def answer_bytes(content: bytes, part: Part | None, headers: dict[str, str]) -> Response:
    """200, or 206 with the part."""
    if part is None:
        return Response(content, 200, headers)
    place = f"bytes {part.first}-{part.last}/{len(content)}"
    return Response(content[part.first : part.last + 1], 206, headers | {"content-range": place})
