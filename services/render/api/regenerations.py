"""Drawing a document again: the same bytes are answered as they stand, others become a new numbered version."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from libs.common import idempotency
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.render.api.access import Reach, reach
from services.render.api.documents import check_format
from services.render.commands import redraw_document
from services.render.domain import MOST_ATTEMPTS, Failure, Redraw
from services.render.errors import (
    DocumentCorrupt,
    DocumentFailed,
    DocumentInProgress,
    DocumentUnreadable,
)
from services.render.queries import DocumentView, find_document, find_newest
from services.render.resources import Resources
from services.render.schemas import DocumentItem, RegenerationRequest, build_item

router = APIRouter(prefix="/v1/invoices", route_class=StrictRoute, tags=["documents"])


@router.post(
    "/{invoice_id}/documents/{format}/regenerations",
    response_model=DocumentItem,
    responses={201: {"description": "A new version is being drawn", "model": DocumentItem}},
)
async def post_regeneration(
    request: Request,
    body: RegenerationRequest,
    *,
    invoice_id: UUID,
    file_format: Annotated[str, Path(alias="format", description="xml, pdf, ofd, json or ubl")],
    caller: Annotated[Reach, Depends(reach("document:write"))],
) -> Response:
    """200: drawn now it would be the same, byte for byte, and it can be read: nothing is stored.

    201: it would differ, or had failed, or its object is unreadable: a new version, `pending` until it is archived.
    `Idempotency-Key` is honoured where it is sent.
    """
    resources: Resources = request.app.state.resources
    check_format(file_format)
    key = None
    if "idempotency-key" in request.headers:
        key = idempotency.read_idempotency_key(request, body.model_dump())
    async with transaction(resources.pool, caller.tenant) as tx:
        if key and (answer := await idempotency.load_answer(tx, caller.tenant, key)) is not None:
            return answer
        found = await find_newest(tx, caller.tenant, invoice_id, file_format)
    if found is None:
        raise NotFound
    newest, pending = found
    if newest.state == "pending":
        raise DocumentInProgress(retry_after=1)
    # What has ended processes is for a worker alone.
    is_deadly = pending.attempts > MOST_ATTEMPTS
    drawn = None if is_deadly else await resources.redrawer.draw(pending)
    if isinstance(drawn, Failure):
        raise DocumentFailed(
            drawn.reason, detail_zh=drawn.reason_zh, format=file_format, version=newest.key.version
        )
    is_same = drawn == newest.sha256 and await _is_readable(resources, newest)
    async with transaction(resources.pool, caller.tenant) as tx:
        if key and (answer := await idempotency.claim(tx, caller.tenant, key)) is not None:
            return answer
        if is_same:
            response = _answer(newest, 200)
        else:
            redraw = Redraw(body.reason, caller.actor)
            made = await redraw_document(tx, newest.key, newest.mark, redraw, now=utc_now())
            view = await find_document(tx, caller.tenant, invoice_id, file_format, made.version)
            response = _answer(view or newest, 201)
        if key:
            await idempotency.remember(tx, caller.tenant, key, response)
    return response


async def _is_readable(resources: Resources, view: DocumentView) -> bool:
    """Raises StoreUnavailable where the archive as a whole does not answer."""
    if view.place is None or view.sha256 is None:
        return False
    try:
        await resources.archive.read(view.key, view.place, sha256=view.sha256)
    except (DocumentCorrupt, DocumentUnreadable):
        return False
    return True


def _answer(view: DocumentView, status: int) -> Response:
    key, body = view.key, build_item(view, is_audit=False).model_dump_json(exclude_unset=True)
    place = f"/v1/invoices/{key.invoice}/documents/{key.format}?version={key.version}"
    return Response(body, status, {"location": place}, media_type="application/json")
