"""The tenant's event feed."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.pagination import decode_cursor, encode_cursor
from libs.common.strict_json import StrictRoute
from services.notify.api.answers import Reader, json_response, pool_of
from services.notify.queries.feed import list_feed
from services.notify.schemas import FeedParameters, FeedResponse

router = APIRouter(route_class=StrictRoute, prefix="/v1/events", tags=["events"])

AUDIT_SCOPE = "document:audit"

Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


@router.get("", response_model=FeedResponse)
async def get_events(
    request: Request, principal: Reader, parameters: Annotated[FeedParameters, Query()]
) -> Response:
    """Every event that concerns the tenant, once, oldest first; without `after` from the first one.

    Events of one source about one subject come in the order of their `sequence`. Where documents lie (`object`) is
    shown with the scope document:audit.
    """
    after = decode_cursor(parameters.after, tuple[Position])[0] if parameters.after else 0
    now = utc_now()
    shows_places = AUDIT_SCOPE in principal.scopes
    async with transaction(pool_of(request), principal.tenant) as tx:
        events, last = await list_feed(
            tx, principal.tenant, after=after, limit=parameters.limit, shows_places=shows_places
        )
    return json_response({"items": events, "next_cursor": encode_cursor(last), "as_of": now})
