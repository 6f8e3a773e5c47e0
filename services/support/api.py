"""HTTP routes of tickets. Tenants see their own; platform agents see all through `access.reach_ticket`."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from libs.common import idempotency
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Pool, transaction
from libs.common.idempotency import IdempotentRequest, read_idempotency_key
from libs.common.problems import FieldError, Forbidden
from libs.common.strict_json import StrictRoute
from services.support import commands
from services.support.access import AGENT_SCOPE, actor_of, choose_agent, is_agent, reach_ticket
from services.support.answers import expected_version, ticket_response
from services.support.commands import OpenTicket, TicketEdit
from services.support.domain.tickets import TicketId, TicketText
from services.support.queries.ticket import TicketAnswer, get_ticket
from services.support.queries.ticket_lists import TicketPage, TicketsWanted, list_all_tickets, list_tickets
from services.support.resources import Resources
from services.support.schemas import (
    AssignTicketRequest,
    CloseTicketRequest,
    OpenTicketRequest,
    ReopenTicketRequest,
    ReplyRequest,
    TicketFilters,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1/tickets", tags=["tickets"])

Reader = Annotated[Principal, Depends(require("support:read"))]
Writer = Annotated[Principal, Depends(require("support:write"))]
AgentOnly = Annotated[Principal, Depends(require("support:write", AGENT_SCOPE))]


@router.post("", status_code=201, response_model=TicketAnswer)
async def open_ticket(request: Request, body: OpenTicketRequest, principal: Writer) -> Response:
    """Open a ticket in the caller's tenant; `Idempotency-Key` is honoured where it is sent."""
    text = TicketText(body.category, body.title, body.text)
    command = OpenTicket(principal.tenant, actor_of(principal), text, body.invoice)
    key = await _optional_key(request)
    async with transaction(_pool(request), principal.tenant) as tx:
        if key and (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        ticket = await commands.open_ticket(tx, command, now=utc_now())
        shown = await get_ticket(tx, ticket.tenant, ticket.id, shows_internal=False)
        response = ticket_response(request, shown, 201)
        response.headers["location"] = f"/v1/tickets/{ticket.id}"
        if key:
            await idempotency.remember(tx, principal.tenant, key, response)
    return response


async def _optional_key(request: Request) -> IdempotentRequest | None:
    if "idempotency-key" not in request.headers:
        return None
    return read_idempotency_key(request, await request.json())


@router.get("", response_model=TicketPage)
async def get_tickets(
    request: Request, filters: Annotated[TicketFilters, Query()], principal: Reader
) -> Response:
    """The tenant's tickets, newest first; all tenants' for a platform agent."""
    wanted = TicketsWanted(filters.state, filters.invoice, filters.limit, filters.cursor)
    if is_agent(principal):
        async with transaction(_pool(request)) as tx:
            request_id = current_correlation().id
            page = await list_all_tickets(tx, principal.actor, wanted, request_id=request_id)
    else:
        async with transaction(_pool(request), principal.tenant) as tx:
            page = await list_tickets(tx, principal.tenant, wanted)
    return Response(msgspec.json.encode(page), media_type="application/json")


@router.get("/{ticket_id}", response_model=TicketAnswer, responses={304: {"description": "Not changed"}})
async def get_one_ticket(request: Request, ticket_id: UUID, principal: Reader) -> Response:
    """The ticket with replies, history and what is known of its invoice."""
    tenant = await reach_ticket(_pool(request), principal, TicketId(ticket_id), "read")
    async with transaction(_pool(request), tenant) as tx:
        ticket = await get_ticket(tx, tenant, TicketId(ticket_id), shows_internal=is_agent(principal))
    return ticket_response(request, ticket)


@router.post("/{ticket_id}/replies", status_code=201, response_model=TicketAnswer)
async def reply_to_ticket(
    request: Request, ticket_id: UUID, body: ReplyRequest, principal: Writer
) -> Response:
    """Add to the conversation; an agent's answer waits for the customer, a customer's for an agent."""
    if body.is_internal and not is_agent(principal):
        error = FieldError(
            "/is_internal", "scope", "Only agents write internal notes.", "仅客服可写内部备注。"
        )
        raise Forbidden(error.detail, detail_zh=error.detail_zh, errors=[error])
    edit = await _edit(request, ticket_id, principal, "reply")
    async with transaction(_pool(request), edit.tenant) as tx:
        now = utc_now()
        await commands.reply_to_ticket(tx, edit, body.text, is_internal=body.is_internal, now=now)
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(request, ticket, 201)


@router.post("/{ticket_id}/assign", response_model=TicketAnswer)
async def assign_ticket(
    request: Request, ticket_id: UUID, body: AssignTicketRequest, principal: AgentOnly
) -> Response:
    """Put the ticket into an agent's hands."""
    agent = await choose_agent(_pool(request), principal, body.agent)
    edit = await _edit(request, ticket_id, principal, "assign")
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.assign_ticket(tx, edit, agent, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=True)
    return ticket_response(request, ticket)


@router.post("/{ticket_id}/close", response_model=TicketAnswer)
async def close_ticket(
    request: Request, ticket_id: UUID, principal: Writer, body: CloseTicketRequest | None = None
) -> Response:
    """End the ticket; either side may."""
    resolution = body.resolution if body else ""
    edit = await _edit(request, ticket_id, principal, "close")
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.close_ticket(tx, edit, resolution, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(request, ticket)


@router.post("/{ticket_id}/reopen", response_model=TicketAnswer)
async def reopen_ticket(
    request: Request, ticket_id: UUID, principal: Writer, body: ReopenTicketRequest | None = None
) -> Response:
    """Take a closed ticket up again."""
    reason = body.reason if body else ""
    edit = await _edit(request, ticket_id, principal, "reopen")
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.reopen_ticket(tx, edit, reason, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(request, ticket)


async def _edit(request: Request, ticket_id: UUID, principal: Principal, action: str) -> TicketEdit:
    version = expected_version(request)
    tenant = await reach_ticket(_pool(request), principal, TicketId(ticket_id), action)
    return TicketEdit(tenant, TicketId(ticket_id), actor_of(principal), version)


def _pool(request: Request) -> Pool:
    resources: Resources = request.app.state.resources
    return resources.pool
