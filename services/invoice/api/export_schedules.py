"""Schedules: exports of every week or month that go to a place of the tenant's choice by themselves."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from libs.common import idempotency
from libs.common.answers import etag_of, expected_version, json_answer, resource_answer
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import new_id
from libs.common.strict_json import StrictRoute
from services.invoice.api.exports import Exporter
from services.invoice.api.routing import KEY_HEADER, resources_of
from services.invoice.commands.schedule_exports import add_schedule, edit_schedule, remove_schedule
from services.invoice.domain.encoding import encode
from services.invoice.domain.export import TargetKind
from services.invoice.domain.export_schedule import Schedule, next_run
from services.invoice.exports.desk import ExportDesk
from services.invoice.queries.export_schedules import (
    ScheduleView,
    find_schedule,
    list_schedules,
    view_schedule,
)
from services.invoice.schemas.export_schedules import (
    ScheduleChanges,
    ScheduleListResponse,
    ScheduleRequest,
    ScheduleResponse,
    TargetBody,
)
from services.invoice.schemas.queries import PageParameters

router = APIRouter(route_class=StrictRoute, prefix="/v1/export-schedules", tags=["exports"])

# Whoever sets a schedule sends invoices out of the house.
Scheduler = Annotated[Principal, Depends(require("invoice:read", "document:read", "invoice:write"))]


@router.post("", status_code=201, response_model=ScheduleResponse, openapi_extra=KEY_HEADER)
async def post_schedule(request: Request, body: ScheduleRequest, principal: Scheduler) -> Response:
    """The first run comes when the present week or month has ended."""
    resources, now, schedule_id = resources_of(request), utc_now(), new_id()
    key = idempotency.read_idempotency_key(request, await request.json())
    changes = await _read_target(resources.exports, body.target, schedule_id)
    schedule = Schedule(
        tenant=principal.tenant,
        id=schedule_id,
        name=body.name,
        frequency=body.frequency,
        content=body.to_content(check_documents=body.check_documents),
        **changes,
        is_active=body.is_active,
        next_run_at=next_run(body.frequency, now),
        actor=principal.actor,
        version=1,
        created_at=now,
    )
    async with transaction(resources.pool, principal.tenant) as tx:
        if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        await add_schedule(tx, schedule)
        headers = {"location": f"/v1/export-schedules/{schedule_id}", "cache-control": "no-store"}
        content = encode(view_schedule(schedule))
        response = Response(content, 201, headers, media_type="application/json")
        await idempotency.remember(tx, principal.tenant, key, response)
    return response


async def _read_target(desk: ExportDesk, body: TargetBody, schedule_id: UUID) -> dict[str, Any]:
    """The target with its secret sealed; raises ExportTargetRefused for addresses inside."""
    target, secret = body.to_domain()
    if target.kind is TargetKind.PLATFORM:
        return {"target": target, "sealed_secrets": None}
    await asyncio.to_thread(desk.guard.check_url, target.url)
    return {"target": target, "sealed_secrets": desk.seal.seal(schedule_id, secret)}


@router.get("", response_model=ScheduleListResponse)
async def get_schedules(
    request: Request, principal: Exporter, parameters: Annotated[PageParameters, Query()]
) -> Response:
    """The tenant's schedules, the newest first."""
    pool = resources_of(request).pool
    page = await list_schedules(pool, principal.tenant, limit=parameters.limit, cursor=parameters.cursor)
    return json_answer(encode(page))


@router.get("/{schedule_id}", response_model=ScheduleResponse)
async def get_schedule(request: Request, schedule_id: UUID, principal: Exporter) -> Response:
    """The schedule without the secrets of its target."""
    view = await find_schedule(resources_of(request).pool, principal.tenant, schedule_id)
    return _answer(view, request)


@router.patch("/{schedule_id}", response_model=ScheduleResponse)
async def patch_schedule(
    request: Request,
    schedule_id: UUID,
    body: ScheduleChanges,
    principal: Scheduler,
    if_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Another name, frequency or target, or off and on again."""
    resources = resources_of(request)
    given = body.model_dump(exclude_none=True, exclude={"target"})
    if body.target is not None:
        given |= await _read_target(resources.exports, body.target, schedule_id)
    async with transaction(resources.pool, principal.tenant) as tx:
        edited = await edit_schedule(
            tx,
            principal.tenant,
            schedule_id,
            changes=given,
            expected=expected_version(if_match),
            now=utc_now(),
        )
    return _answer(view_schedule(edited), request)


@router.delete("/{schedule_id}", status_code=204)
async def delete_schedule(request: Request, schedule_id: UUID, principal: Scheduler) -> Response:
    """No further runs; exports that were made stay."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await remove_schedule(tx, principal.tenant, schedule_id)
    return Response(status_code=204)


def _answer(view: ScheduleView, request: Request) -> Response:
    content = encode(view)
    if request.method != "GET":
        return resource_answer(content, etag_of(content, view.version))
    return resource_answer(
        content, etag_of(content, view.version), if_none_match=request.headers.get("if-none-match")
    )
