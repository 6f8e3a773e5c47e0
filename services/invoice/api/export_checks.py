"""Checks: prove that a kept archive can be read and holds what the platform holds."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common import idempotency
from libs.common.answers import json_answer
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import new_id
from libs.common.strict_json import StrictRoute
from services.invoice.api.exports import Exporter
from services.invoice.api.routing import KEY_HEADER, resources_of
from services.invoice.commands.check_export import check_export
from services.invoice.domain.encoding import encode
from services.invoice.domain.export import CheckOrder
from services.invoice.queries.export_checks import find_check, list_checks
from services.invoice.schemas.export_checks import CheckListResponse, CheckRequest, CheckResponse
from services.invoice.schemas.queries import PageParameters

router = APIRouter(route_class=StrictRoute, prefix="/v1/exports/{export_id}/checks", tags=["exports"])


@router.post("", status_code=202, response_model=CheckResponse, openapi_extra=KEY_HEADER)
async def post_check(request: Request, export_id: UUID, body: CheckRequest, principal: Exporter) -> Response:
    """Fetch the archive from where it is kept and compare it; the answer tells where the result will be."""
    tenant = principal.tenant
    key = idempotency.read_idempotency_key(request, await request.json())
    order = CheckOrder(
        tenant=tenant, id=new_id(), export_id=export_id, sample=body.documents, actor=principal.actor
    )
    async with transaction(resources_of(request).pool, tenant) as tx:
        if (answer := await idempotency.claim(tx, tenant, key)) is not None:
            return answer
        await check_export(tx, order, now=utc_now())
        content = encode(await find_check(tx, tenant, export_id, order.id))
        headers = {"location": f"/v1/exports/{export_id}/checks/{order.id}", "cache-control": "no-store"}
        response = Response(content, 202, headers, media_type="application/json")
        await idempotency.remember(tx, tenant, key, response)
    return response


@router.get("", response_model=CheckListResponse)
async def get_checks(
    request: Request, export_id: UUID, principal: Exporter, parameters: Annotated[PageParameters, Query()]
) -> Response:
    """The export's checks, the newest first."""
    page = await list_checks(
        resources_of(request).pool,
        principal.tenant,
        export_id,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_answer(encode(page))


@router.get("/{check_id}", response_model=CheckResponse)
async def get_check(request: Request, export_id: UUID, check_id: UUID, principal: Exporter) -> Response:
    """What the check has found."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        return json_answer(encode(await find_check(tx, principal.tenant, export_id, check_id)))
