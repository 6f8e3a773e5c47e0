"""Deliveries of invoices to their buyers: what became of them, and sending again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common import idempotency
from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.ids import new_id
from libs.common.pagination import PageParameters, cut_page, id_below
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.notify.api.answers import Reader, Writer, json_response, pool_of, single_response
from services.notify.commands.delivery import request_delivery
from services.notify.domain.deliveries import NewDelivery
from services.notify.errors import unknown_invoice
from services.notify.queries.delivery import (
    DeliveryFilter,
    find_delivery,
    is_invoice_known,
    list_deliveries,
)
from services.notify.schemas import (
    DeliveriesResponse,
    DeliveryRequest,
    DeliveryResponse,
    MessageParameters,
    NewDeliveriesResponse,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["deliveries"])


@router.get("/messages", response_model=DeliveriesResponse)
async def get_messages(
    request: Request, principal: Reader, parameters: Annotated[MessageParameters, Query()]
) -> Response:
    """The tenant's deliveries, newest first."""
    wanted = DeliveryFilter(parameters.invoice_id, parameters.state)
    return await _list(request, principal, wanted, parameters)


@router.get("/messages/{message_id}", response_model=DeliveryResponse)
async def get_message(request: Request, principal: Reader, message_id: UUID) -> Response:
    """One delivery."""
    async with transaction(pool_of(request), principal.tenant) as tx:
        delivery = await find_delivery(tx, principal.tenant, message_id)
    if delivery is None:
        raise NotFound("There is no such message.", detail_zh="没有这条消息。")
    return single_response(request, delivery)


@router.get("/invoices/{invoice_id}/deliveries", response_model=DeliveriesResponse)
async def get_deliveries(
    request: Request, principal: Reader, invoice_id: UUID, parameters: Annotated[PageParameters, Query()]
) -> Response:
    """The deliveries of one invoice, newest first."""
    return await _list(request, principal, DeliveryFilter(invoice_id), parameters)


async def _list(
    request: Request, principal: Principal, wanted: DeliveryFilter, page: PageParameters
) -> Response:
    before, now = id_below(page.cursor), utc_now()
    async with transaction(pool_of(request), principal.tenant) as tx:
        rows = await list_deliveries(tx, principal.tenant, wanted, before=before, limit=page.limit + 1)
        if (
            not rows
            and wanted.invoice_id
            and not await is_invoice_known(tx, principal.tenant, wanted.invoice_id)
        ):
            raise unknown_invoice()
    items, next_cursor = cut_page(rows, page.limit, lambda row: (row.id,))
    return json_response({"items": items, "next_cursor": next_cursor, "as_of": now})


@router.post("/invoices/{invoice_id}/deliveries", status_code=202, response_model=NewDeliveriesResponse)
async def post_delivery(
    request: Request, principal: Writer, invoice_id: UUID, body: DeliveryRequest
) -> Response:
    """Send an invoice (again), to the contact given or to the one stored with it.

    With an Idempotency-Key, a repeated request sends nothing more.
    """
    key = None
    if "idempotency-key" in request.headers:
        key = idempotency.read_idempotency_key(request, await request.json())
    correlation = current_correlation()
    delivery = NewDelivery(
        tenant=principal.tenant,
        id=new_id(),
        invoice_id=invoice_id,
        channel=body.channels[0],
        recipient=body.to.email or "",
        formats=tuple(dict.fromkeys(body.formats)) if body.formats else None,
        requested_by=principal.actor,
        correlation_id=correlation.id,
        traceparent=correlation.traceparent,
    )
    async with transaction(pool_of(request), principal.tenant) as tx:
        if key and (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        await request_delivery(tx, delivery, now=utc_now())
        response = json_response({"items": [await find_delivery(tx, delivery.tenant, delivery.id)]}, 202)
        if key:
            await idempotency.remember(tx, principal.tenant, key, response)
    return response
