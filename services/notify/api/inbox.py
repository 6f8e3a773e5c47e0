"""Messages to the tenant's users; each user, and each API key, has its own read marks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.pagination import cut_page, decode_cursor
from libs.common.strict_json import StrictRoute
from services.notify.api.answers import Reader, json_response, pool_of
from services.notify.api.feed import Position
from services.notify.commands.inbox import mark_all_read, mark_read
from services.notify.queries.inbox import LAST, count_unread, list_inbox
from services.notify.schemas import InboxParameters, InboxResponse, UnreadResponse

router = APIRouter(route_class=StrictRoute, prefix="/v1/inbox", tags=["inbox"])


@router.get("", response_model=InboxResponse)
async def get_inbox(
    request: Request, principal: Reader, parameters: Annotated[InboxParameters, Query()]
) -> Response:
    """Newest first."""
    before = decode_cursor(parameters.cursor, tuple[Position])[0] if parameters.cursor else LAST
    now = utc_now()
    async with transaction(pool_of(request), principal.tenant) as tx:
        rows = await list_inbox(
            tx,
            principal.tenant,
            principal.id,
            before=before,
            is_unread=parameters.unread,
            limit=parameters.limit + 1,
        )
    page, next_cursor = cut_page(rows, parameters.limit, lambda row: row[:1])
    return json_response({"items": [item for _, item in page], "next_cursor": next_cursor, "as_of": now})


@router.get("/unread-count", response_model=UnreadResponse)
async def get_unread_count(request: Request, principal: Reader) -> Response:
    """Exact, and equal to what the list with `unread=true` holds."""
    async with transaction(pool_of(request), principal.tenant) as tx:
        unread = await count_unread(tx, principal.tenant, principal.id)
    return json_response({"unread": unread})


@router.post("/{message_id}/read", response_model=UnreadResponse)
async def post_read(request: Request, principal: Reader, message_id: UUID) -> Response:
    """Mark one message as read; answers how many are left."""
    async with transaction(pool_of(request), principal.tenant) as tx:
        await mark_read(tx, principal.tenant, principal.id, message_id)
        unread = await count_unread(tx, principal.tenant, principal.id)
    return json_response({"unread": unread})


@router.post("/read-all", response_model=UnreadResponse)
async def post_read_all(request: Request, principal: Reader) -> Response:
    """Mark everything that is there now as read."""
    async with transaction(pool_of(request), principal.tenant) as tx:
        await mark_all_read(tx, principal.tenant, principal.id)
        unread = await count_unread(tx, principal.tenant, principal.id)
    return json_response({"unread": unread})
