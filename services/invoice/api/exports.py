"""Exports: order an archive of invoices and documents, watch it being made, download it."""

import asyncio
import re
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from libs.common import idempotency
from libs.common.answers import etag_of, is_seen, json_answer, resource_answer
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import new_id
from libs.common.log import get_logger
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_HEADER, resources_of
from services.invoice.commands.order_export import call_off_export, order_export
from services.invoice.domain.encoding import encode
from services.invoice.errors import ExportFileGone, ExportTargetUnavailable
from services.invoice.queries.exports import find_archive, find_export, list_exports
from services.invoice.schemas.exports import (
    ExportListResponse,
    ExportRequest,
    ExportResponse,
    ListExportsParameters,
)

log = get_logger(__name__)

router = APIRouter(route_class=StrictRoute, prefix="/v1/exports", tags=["exports"])

Exporter = Annotated[Principal, Depends(require("invoice:read", "document:read"))]

# A client waits no longer for the first bytes, neither from a frozen store nor for a turn among others that wait.
ANSWER_SECONDS = 10.0

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part that Range asked for"},
    304: {"description": "The caller has these bytes"},
    416: {"description": "The range lies beyond the file"},
}


@router.post("", status_code=202, response_model=ExportResponse, openapi_extra=KEY_HEADER)
async def post_export(request: Request, body: ExportRequest, principal: Exporter) -> Response:
    """Order an archive; it is made in the background."""
    pool = resources_of(request).pool
    key = idempotency.read_idempotency_key(request, await request.json())
    async with transaction(pool, principal.tenant) as tx:
        if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        order = body.to_order(principal.tenant, new_id(), principal.actor)
        await order_export(tx, order, now=utc_now())
        content = encode(await find_export(tx, principal.tenant, order.id))
        headers = {"location": f"/v1/exports/{order.id}"}
        response = Response(content, 202, headers, media_type="application/json")
        await idempotency.remember(tx, principal.tenant, key, response)
    return response


@router.get("", response_model=ExportListResponse)
async def get_exports(
    request: Request, principal: Exporter, parameters: Annotated[ListExportsParameters, Query()]
) -> Response:
    """The tenant's exports, the newest first."""
    page = await list_exports(
        resources_of(request).pool,
        principal.tenant,
        schedule=parameters.schedule_id,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_answer(encode(page))


@router.get("/{export_id}", response_model=ExportResponse)
async def get_export(request: Request, export_id: UUID, principal: Exporter) -> Response:
    """How far the export is; once it is finished, with size and hash of its file."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        content = encode(await find_export(tx, principal.tenant, export_id))
    return resource_answer(content, etag_of(content), if_none_match=request.headers.get("if-none-match"))


@router.post("/{export_id}/cancel", response_model=ExportResponse)
async def post_cancel(request: Request, export_id: UUID, principal: Exporter) -> Response:
    """Call the export off; what was made of it is deleted."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await find_export(tx, principal.tenant, export_id)
        await call_off_export(tx, principal.tenant, export_id, now=utc_now())
        content = encode(await find_export(tx, principal.tenant, export_id))
    return json_answer(content)


@router.get("/{export_id}/file", response_class=Response, responses=_FILE)
async def get_file(request: Request, export_id: UUID, principal: Exporter) -> Response:
    """The archive; `ETag` is the quoted SHA-256, one `Range` of bytes is honoured."""
    resources = resources_of(request)
    async with transaction(resources.pool, principal.tenant) as tx:
        view = await find_export(tx, principal.tenant, export_id)
        archive = await find_archive(tx, principal.tenant, export_id, now=utc_now())
    if archive is None:
        raise ExportFileGone(export_status=view.status, expires_at=view.expires_at)
    etag = f'"{archive.sha256}"'
    name = archive.key.rpartition("/")[2]
    headers = {"etag": etag, "cache-control": "private, no-cache", "accept-ranges": "bytes"}
    if is_seen(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    part = _read_range(request, etag, archive.size)
    if part is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{archive.size}"})
    headers |= {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    headers["content-length"] = str(len(part))
    if len(part) < archive.size:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{archive.size}"
    chunks = resources.exports.kept.stream(archive.key, offset=part.start, length=len(part))
    first = await _first_of(chunks)
    log.info("export_downloaded", export_id=str(export_id), actor=principal.actor)
    status = 206 if len(part) < archive.size else 200
    return StreamingResponse(_continued(first, chunks), status, headers, media_type="application/zip")


async def _first_of(chunks: Iterator[bytes]) -> bytes:
    """Raises ExportTargetUnavailable also where the store does not answer at all."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asyncio.to_thread(next, chunks, b"")
    except TimeoutError:
        text = f"The place did not answer within {ANSWER_SECONDS:.0f} s."
        raise ExportTargetUnavailable(text, reason="timeout", retry_after=5) from None


def _continued(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """An archive that cannot be read is told before the answer has begun."""
    return chain([first], chunks)


def _read_range(request: Request, etag: str, size: int) -> range | None:
    """The bytes that are asked for; all for what is no single range of this file; None beyond its end."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or request.headers.get("if-range", etag) != etag or found.groups() == ("", ""):
        return range(size)
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size) if int(last) else None
    if int(first) >= size:
        return None
    if last and int(last) < int(first):
        return range(size)
    return range(int(first), min(size, int(last) + 1) if last else size)
