"""Routes of proofs: the roots of days, the way from a document to its root, and the keys that seals need."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from libs.common.answers import json_answer
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.pagination import PageParameters, cut_page, decode_cursor
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.render.api.access import Reach, reach
from services.render.day_sealer import next_closing
from services.render.domain import ALL_FORMATS
from services.render.errors import DocumentFailed
from services.render.proofs.queries import ProvenDocument, find_proof, list_keys, list_roots, list_tiles
from services.render.proofs.schemas import (
    DayRoots,
    DocumentKeys,
    InclusionProof,
    ProofPending,
    build_proof,
    build_root,
)
from services.render.resources import Resources

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["proofs"])

READ_SCOPE = "document:read"
_PROOF: dict[int | str, dict[str, Any]] = {
    200: {"model": InclusionProof},
    202: {"description": "The day is still open: ask again after Retry-After seconds", "model": ProofPending},
}

_OCTETS = "application/octet-stream"
_LEAVES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The hashes",
        "content": {_OCTETS: {"schema": {"type": "string", "format": "binary"}}},
    }
}
# Half a megabyte.
_TILES_AT_ONCE = 64


@router.get("/document-keys")
async def get_keys(request: Request, response: Response) -> DocumentKeys:
    """The public keys of all seals, for anyone; keep a copy, and compare it with one from elsewhere."""
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool) as tx:
        keys = await list_keys(tx)
    if (own := resources.sealer.public_key) not in keys:
        keys.append(own)
    response.headers["cache-control"] = "public, max-age=300"
    return DocumentKeys.model_validate({"keys": [key.as_jwk() for key in keys]})


@router.get("/document-roots")
async def get_roots(
    request: Request,
    page: Annotated[PageParameters, Query()],
    principal: Annotated[Principal, Depends(require(READ_SCOPE))],
) -> DayRoots:
    """The sealed roots of the tenant's days, newest first; each is chained to the one before it."""
    resources: Resources = request.app.state.resources
    before = date.max if page.cursor is None else decode_cursor(page.cursor, tuple[date])[0]
    async with transaction(resources.pool, principal.tenant) as tx:
        views = await list_roots(tx, principal.tenant, before=before, limit=page.limit + 1)
    shown, next_cursor = cut_page(views, page.limit, lambda view: (view.day,))
    items = [build_root(view) for view in shown]
    return DayRoots(items=items, next_cursor=next_cursor, as_of=utc_now())


@router.get("/document-roots/{day}/leaves", response_class=Response, responses=_LEAVES)
async def get_leaves(
    request: Request, day: date, principal: Annotated[Principal, Depends(require(READ_SCOPE))]
) -> Response:
    """The hashes of all leaves of a closed day, 32 bytes each, in their order: shows whether a document is missing."""
    resources: Resources = request.app.state.resources

    async def read(first: int) -> bytes:
        async with transaction(resources.pool, principal.tenant) as tx:
            tiles = await list_tiles(tx, principal.tenant, day, first=first, limit=_TILES_AT_ONCE)
        return b"".join(tiles)

    async def read_on(leaves: bytes) -> AsyncIterator[bytes]:
        first = 0
        while leaves:
            yield leaves
            first += _TILES_AT_ONCE
            leaves = await read(first)

    begin = await read(0)
    if not begin:
        raise NotFound
    headers = {"cache-control": "private, immutable, max-age=86400", "x-content-type-options": "nosniff"}
    return StreamingResponse(read_on(begin), headers=headers, media_type=_OCTETS)


@router.get("/invoices/{invoice_id}/documents/{format}/proof", response_class=Response, responses=_PROOF)
async def get_proof(
    request: Request,
    *,
    invoice_id: UUID,
    file_format: Annotated[str, Path(alias="format", description="xml, pdf, ofd, json or ubl")],
    reached: Annotated[Reach, Depends(reach(READ_SCOPE))],
    version: Annotated[int | None, Query(ge=1, le=32767, description="The newest otherwise")] = None,
) -> Response:
    """The way from the document to the signed root of the day on which it became ready."""
    resources: Resources = request.app.state.resources
    if file_format not in ALL_FORMATS:
        raise NotFound
    async with transaction(resources.pool, reached.tenant) as tx:
        found = await find_proof(tx, reached.tenant, invoice_id, file_format, version)
    if found is None:
        raise NotFound
    if found.inclusion is None:
        return _answer_open(found)
    return json_answer(build_proof(found.inclusion).model_dump_json().encode())


def _answer_open(found: ProvenDocument) -> Response:
    if found.state == "failed":
        raise DocumentFailed(
            found.reason or "",
            detail_zh=found.reason_zh or "",
            format=found.format,
            version=found.version,
        )
    now = utc_now()
    expected = next_closing(now)
    body = ProofPending(format=found.format, version=found.version, expected_at=expected)
    headers = {"retry-after": str(int((expected - now).total_seconds()) + 1), "cache-control": "no-store"}
    return Response(body.model_dump_json(), 202, headers, media_type="application/json")
