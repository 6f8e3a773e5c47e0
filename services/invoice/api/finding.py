"""Look over many invoices: sums by state, and filters kept under a name."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response

from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import new_id
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.saved_views import list_saved_views, saved_view_item
from services.invoice.queries.summary import summarise
from services.invoice.schemas.finding import (
    SavedViewListResponse,
    SavedViewRequest,
    SavedViewResponse,
    SummaryResponse,
)
from services.invoice.schemas.queries import PageParameters
from services.invoice.store.saved_view import (
    SavedView,
    add_saved_view,
    delete_saved_view,
    replace_saved_view,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["finding"])


@router.get("/invoices/summary", response_model=SummaryResponse)
async def get_summary(request: Request, principal: Reader) -> Response:
    """How many invoices, and their sums, by state; today and this month."""
    summary = await summarise(resources_of(request).pool, principal.tenant, now=utc_now())
    return json_response(encode(summary), cache_control="no-store")


@router.get("/saved-views", response_model=SavedViewListResponse)
async def get_saved_views(
    request: Request, principal: Reader, parameters: Annotated[PageParameters, Query()]
) -> Response:
    """The caller's views and those that others of the tenant share, newest first."""
    page = await list_saved_views(
        resources_of(request).pool,
        principal.tenant,
        principal.actor,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")


@router.post("/saved-views", status_code=201, response_model=SavedViewResponse)
async def post_saved_view(request: Request, body: SavedViewRequest, principal: Reader) -> Response:
    """Keep a filter under a name."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        row = await add_saved_view(tx, _saved_view(principal, new_id(), body), now=utc_now())
    return json_response(encode(saved_view_item(row)), 201, location=f"/v1/saved-views/{row['id']}")


@router.put("/saved-views/{view_id}", response_model=SavedViewResponse)
async def put_saved_view(
    request: Request, view_id: UUID, body: SavedViewRequest, principal: Reader
) -> Response:
    """Replace one of the caller's own views."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        row = await replace_saved_view(tx, _saved_view(principal, view_id, body), now=utc_now())
    return json_response(encode(saved_view_item(row)))


@router.delete("/saved-views/{view_id}", status_code=204)
async def remove_saved_view(request: Request, view_id: UUID, principal: Reader) -> None:
    """Forget one of the caller's own views."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await delete_saved_view(tx, principal.tenant, view_id, principal.actor)


def _saved_view(principal: Principal, view_id: UUID, body: SavedViewRequest) -> SavedView:
    query = body.query.model_dump(mode="json", exclude_unset=True)
    return SavedView(
        tenant=principal.tenant,
        id=view_id,
        owner=principal.actor,
        name=body.name,
        is_shared=body.shared,
        query=msgspec.json.encode(query).decode(),
    )
