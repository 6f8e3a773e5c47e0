"""Share one timeline with somebody who has no account, for some days and without names."""

import secrets
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from libs.common.clock import rfc3339, utc_now
from libs.common.db import transaction
from libs.common.ids import InvoiceId
from libs.common.strict_json import LinkRoute, StrictRoute
from services.invoice.api.routing import Writer, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.shared_timeline import get_shared_timeline
from services.invoice.schemas.finding import (
    SharedTimelineResponse,
    TimelineLinkRequest,
    TimelineLinkResponse,
)
from services.invoice.store.timeline_link import save_timeline_link

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["shared timelines"])
link_router = APIRouter(route_class=LinkRoute, prefix="/v1", tags=["shared timelines"])

_PATH = "/v1/timeline-links"


@router.post("/invoices/{invoice_id}/timeline-links", status_code=201, response_model=TimelineLinkResponse)
async def post_timeline_link(
    request: Request, invoice_id: UUID, body: TimelineLinkRequest, principal: Writer
) -> Response:
    """An address that shows the timeline without names until it expires; it is told only here."""
    resources, token = resources_of(request), secrets.token_urlsafe(32)
    expires_at = utc_now() + timedelta(seconds=body.expires_in)
    async with transaction(resources.pool, principal.tenant) as tx:
        await save_timeline_link(
            tx,
            principal.tenant,
            InvoiceId(invoice_id),
            token,
            actor=principal.actor,
            expires_at=expires_at,
        )
    url = f"{resources.public_url.rstrip('/')}{_PATH}/{token}"
    answer = {"url": url, "expires_at": rfc3339(expires_at)}
    return json_response(encode(answer), 201, cache_control="no-store")


@link_router.get("/timeline-links/{token}", response_model=SharedTimelineResponse)
async def get_timeline_link(
    request: Request, token: Annotated[str, Path(min_length=1, max_length=100)]
) -> Response:
    """Needs no credential: the address is the secret. 404 for a wrong one and for one whose time is over."""
    timeline = await get_shared_timeline(resources_of(request).pool, token, now=utc_now())
    return json_response(
        encode(timeline),
        cache_control="private, no-store",
        referrer_policy="no-referrer",
        x_robots_tag="noindex",
    )
