"""HTTP routes of tickets. Tenants see their own; platform agents see all through `access.reach_ticket`."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from libs.common import idempotency
from libs.common.answers import expected_version, json_answer
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Pool, transaction
from libs.common.idempotency import read_idempotency_key
from libs.common.problems import FieldError, Forbidden
from libs.common.strict_json import StrictRoute
from services.support import commands
from services.support.access import AGENT_SCOPE, actor_of, choose_agent, is_agent, reach_ticket
from services.support.answers import ticket_response
from services.support.commands import OpenTicket, TicketEdit
from services.support.domain.tickets import CopyWish, TicketId, TicketText
from services.support.queries.ticket import TicketAnswer, get_ticket
from services.support.queries.ticket_lists import TicketPage, TicketsWanted, list_all_tickets, list_tickets
from services.support.resources import Resources
from services.support.schemas import (
    AssignTicketRequest,
    CloseTicketRequest,
    CopyRequest,
    OpenTicketRequest,
    ReopenTicketRequest,
    ReplyRequest,
    TicketFilters,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1/tickets", tags=["tickets"])

Reader = Annotated[Principal, Depends(require("support:read"))]
Writer = Annotated[Principal, Depends(require("support:write"))]
AgentOnly = Annotated[Principal, Depends(require("support:write", AGENT_SCOPE))]
IfMatch = Annotated[str | None, Header(description="ETag of the ticket that the change is based on")]
IfNoneMatch = Annotated[str | None, Header(description="ETag of the copy that the caller has")]
Key = Annotated[str | None, Header(description="Repeats of the request under this key open one ticket")]


@router.post("", status_code=201, response_model=TicketAnswer)
async def open_ticket(
    request: Request, body: OpenTicketRequest, principal: Writer, idempotency_key: Key = None
) -> Response:
    """Open a ticket in the caller's tenant; `Idempotency-Key` is honoured where it is sent."""
    text = TicketText(body.category, body.title, body.text)
    command = OpenTicket(principal.tenant, actor_of(principal), text, body.invoice)
    key = None if idempotency_key is None else read_idempotency_key(request, await request.json())
    async with transaction(_pool(request), principal.tenant) as tx:
        if key and (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        ticket = await commands.open_ticket(tx, command, now=utc_now())
        shown = await get_ticket(tx, ticket.tenant, ticket.id, shows_internal=False)
        response = ticket_response(shown, status=201)
        response.headers["location"] = f"/v1/tickets/{ticket.id}"
        if key:
            await idempotency.remember(tx, principal.tenant, key, response)
    return response


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
    return json_answer(msgspec.json.encode(page))


@router.get("/{ticket_id}", response_model=TicketAnswer, responses={304: {"description": "Not changed"}})
async def get_one_ticket(
    request: Request, ticket_id: UUID, principal: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """The ticket with replies, history and what is known of its invoice."""
    tenant = await reach_ticket(_pool(request), principal, TicketId(ticket_id), "read")
    async with transaction(_pool(request), tenant) as tx:
        ticket = await get_ticket(tx, tenant, TicketId(ticket_id), shows_internal=is_agent(principal))
    return ticket_response(ticket, seen=if_none_match)


@router.post("/{ticket_id}/replies", status_code=201, response_model=TicketAnswer)
async def reply_to_ticket(
    request: Request, ticket_id: UUID, body: ReplyRequest, principal: Writer, if_match: IfMatch = None
) -> Response:
    """Add to the conversation; an agent's answer waits for the customer, a customer's for an agent."""
    if body.is_internal and not is_agent(principal):
        error = FieldError(
            "/is_internal", "scope", "Only agents write internal notes.", "仅客服可写内部备注。"
        )
        raise Forbidden(error.detail, detail_zh=error.detail_zh, errors=[error])
    edit = await _edit(request, ticket_id, principal, if_match)
    async with transaction(_pool(request), edit.tenant) as tx:
        now = utc_now()
        await commands.reply_to_ticket(tx, edit, body.text, is_internal=body.is_internal, now=now)
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(ticket, status=201)


@router.post("/{ticket_id}/assign", response_model=TicketAnswer)
async def assign_ticket(
    request: Request,
    ticket_id: UUID,
    body: AssignTicketRequest,
    principal: AgentOnly,
    if_match: IfMatch = None,
) -> Response:
    """Put the ticket into an agent's hands."""
    agent = await choose_agent(_pool(request), principal, body.agent)
    edit = await _edit(request, ticket_id, principal, if_match)
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.assign_ticket(tx, edit, agent, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=True)
    return ticket_response(ticket)


@router.post("/{ticket_id}/copies", status_code=202, response_model=TicketAnswer)
async def request_copy(
    request: Request, ticket_id: UUID, body: CopyRequest, principal: AgentOnly, if_match: IfMatch = None
) -> Response:
    """Have the invoice's documents sent once more, to contacts that are known already; its owners are told."""
    edit = await _edit(request, ticket_id, principal, if_match)
    wish = CopyWish(body.to, tuple(dict.fromkeys(body.formats)), body.reason)
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.request_copy(tx, edit, wish, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=True)
    return ticket_response(ticket, status=202)


@router.post("/{ticket_id}/close", response_model=TicketAnswer)
async def close_ticket(
    request: Request,
    ticket_id: UUID,
    principal: Writer,
    body: CloseTicketRequest | None = None,
    if_match: IfMatch = None,
) -> Response:
    """End the ticket; either side may."""
    resolution = body.resolution if body else ""
    edit = await _edit(request, ticket_id, principal, if_match)
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.close_ticket(tx, edit, resolution, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(ticket)


@router.post("/{ticket_id}/reopen", response_model=TicketAnswer)
async def reopen_ticket(
    request: Request,
    ticket_id: UUID,
    principal: Writer,
    body: ReopenTicketRequest | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Take a closed ticket up again."""
    reason = body.reason if body else ""
    edit = await _edit(request, ticket_id, principal, if_match)
    async with transaction(_pool(request), edit.tenant) as tx:
        await commands.reopen_ticket(tx, edit, reason, now=utc_now())
        ticket = await get_ticket(tx, edit.tenant, edit.id, shows_internal=is_agent(principal))
    return ticket_response(ticket)


async def _edit(request: Request, ticket_id: UUID, principal: Principal, if_match: str | None) -> TicketEdit:
    version, action = expected_version(if_match), request.url.path.rpartition("/")[2]
    tenant = await reach_ticket(_pool(request), principal, TicketId(ticket_id), action)
    return TicketEdit(tenant, TicketId(ticket_id), actor_of(principal), version)


def _pool(request: Request) -> Pool:
    resources: Resources = request.app.state.resources
    return resources.pool
