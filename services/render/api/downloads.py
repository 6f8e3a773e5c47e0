"""Who has downloaded the documents of an invoice."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.pagination import PageParameters, cut_page, id_below
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.render.queries import list_documents, list_downloads
from services.render.resources import Resources
from services.render.schemas import DownloadItem, Downloads

router = APIRouter(prefix="/v1/invoices", route_class=StrictRoute, tags=["documents"])


@router.get("/{invoice_id}/documents/downloads", response_model=Downloads)
async def get_downloads(
    request: Request,
    invoice_id: UUID,
    principal: Annotated[Principal, Depends(require("document:audit"))],
    page: Annotated[PageParameters, Query()],
) -> Downloads:
    """Each download of each version, newest first; those through a link under the one who asked for it."""
    resources: Resources = request.app.state.resources
    before, now = id_below(page.cursor), utc_now()
    async with transaction(resources.pool, principal.tenant) as tx:
        rows = await list_downloads(tx, principal.tenant, invoice_id, before=before, limit=page.limit + 1)
        if not rows and not await list_documents(tx, principal.tenant, invoice_id):
            raise NotFound
    kept, next_cursor = cut_page(rows, page.limit, lambda row: (row.id,))
    items = [DownloadItem.model_validate(row, from_attributes=True) for row in kept]
    return Downloads(items=items, next_cursor=next_cursor, as_of=now)
