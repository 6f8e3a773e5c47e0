"""Issue, read and find invoices."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from libs.common import idempotency
from libs.common.answers import etag_of, resource_answer
from libs.common.auth import Principal, check_scopes
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import InvoiceId, new_id
from libs.common.problems import Invalid
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_PARAMETER, Reader, Writer, json_response, resources_of
from services.invoice.commands.issue_invoice import IssueRequest, as_draft, issue_invoices
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.encoding import encode, encode_invoice
from services.invoice.domain.invoice import AuthorityState, Invoice, Status
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.domain.pricing import PricedInvoice, price_invoice
from services.invoice.domain.rules import RulePack
from services.invoice.errors import DuplicateInvoice, DuplicateReference
from services.invoice.queries.buyers import name_near_buyers
from services.invoice.queries.duplicates import explain
from services.invoice.queries.freshness import wait_for_own_writes
from services.invoice.queries.invoices import list_invoices
from services.invoice.queries.timeline import list_timeline
from services.invoice.resources import Resources
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from services.invoice.schemas.lists import InvoiceListResponse, TimelineResponse
from services.invoice.schemas.queries import IssueParameters, ListInvoicesParameters, WaitParameters
from services.invoice.store.invoice import load_invoice

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["invoices"])

_POLL_SECONDS = 0.1
# Of a dry run: claims nothing, and nothing is remembered under it.
_NO_KEY = IdempotentRequest("", "", b"")


@router.post(
    "",
    status_code=201,
    response_model=InvoiceResponse,
    responses={200: {"model": InvoiceResponse, "description": "The result of a dry run"}},
    openapi_extra={
        "parameters": [
            KEY_PARAMETER
            | {
                "required": False,
                "description": "Required unless dry_run; 1 to 255 visible ASCII characters",
            }
        ]
    },
)
async def post_invoice(
    request: Request,
    body: IssueInvoiceRequest,
    principal: Writer,
    parameters: Annotated[IssueParameters, Query()],
) -> Response:
    """Issue an invoice; with `dry_run` compute it by the same code and keep nothing."""
    resources = resources_of(request)
    rules = current_rules()
    if parameters.allow_duplicate:
        check_scopes(principal, {"invoice:allow-duplicate"})
    if parameters.dry_run:
        priced = await _price_dry(resources, principal, body.to_domain(), rules)
        wanted = _issue_request(principal, priced, rules, key=_NO_KEY, promise=resources.promise)
        return await _dry_run(resources, replace(wanted, allow_duplicate=parameters.allow_duplicate))
    key = idempotency.read_idempotency_key(request, await request.json())
    try:
        priced = price_invoice(body.to_domain(), rules)
    except Invalid as refused:
        # The same request may have been acceptable when it was answered.
        async with transaction(resources.pool, principal.tenant) as tx:
            answer = await idempotency.load_answer(tx, principal.tenant, key)
        if answer is None:
            raise await name_near_buyers(
                resources.pool, principal.tenant, body.buyer.to_domain(), refused
            ) from None
        return answer
    wanted = _issue_request(principal, priced, rules, key=key, promise=resources.promise)
    return await resources.desk.issue(replace(wanted, allow_duplicate=parameters.allow_duplicate))


async def _price_dry(
    resources: Resources, principal: Principal, command: IssueInvoice, rules: RulePack
) -> PricedInvoice:
    try:
        return price_invoice(command, rules)
    except Invalid as refused:
        raise await name_near_buyers(resources.pool, principal.tenant, command.buyer, refused) from None


def _issue_request(
    principal: Principal,
    priced: PricedInvoice,
    rules: RulePack,
    *,
    key: IdempotentRequest,
    promise: timedelta,
) -> IssueRequest:
    return IssueRequest(
        tenant=principal.tenant,
        actor=principal.actor,
        invoice_id=InvoiceId(new_id()),
        priced=priced,
        qr_kind=rules.qr_code(priced.command.kind),
        promise=promise,
        correlation=current_correlation(),
        key=key,
    )


class _Undo(Exception):  # noqa: N818
    """Ends a dry run's transaction without its effects; carries what would have been."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__()
        self.invoice = invoice


async def _dry_run(resources: Resources, wanted: IssueRequest) -> Response:
    """The whole command in a transaction that is rolled back; a number it saw belongs to nobody."""
    try:
        async with transaction(resources.pool, wanted.tenant) as tx:
            (issued,) = await issue_invoices(tx, [wanted], now=utc_now())
            raise _Undo(issued.invoice)  # noqa: TRY301 - leaves the transaction
    except _Undo as undone:
        return json_response(encode_invoice(as_draft(undone.invoice)))
    except (DuplicateReference, DuplicateInvoice) as error:
        raise await explain(resources.pool, wanted.tenant, wanted.priced.command, error) from None


@router.get("", response_model=InvoiceListResponse)
async def get_invoices(
    request: Request, principal: Reader, parameters: Annotated[ListInvoicesParameters, Query()]
) -> Response:
    """Find invoices in the views; `consistent` waits until they show the caller's own writes."""
    pool = resources_of(request).pool
    if parameters.consistent:
        await wait_for_own_writes(pool, principal.tenant)
    page = await list_invoices(
        pool,
        principal.tenant,
        parameters.to_filters(),
        sort=parameters.sort,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")


@router.get("/{invoice_id}", response_model=InvoiceResponse)
async def get_invoice(
    request: Request, invoice_id: UUID, principal: Reader, parameters: Annotated[WaitParameters, Query()]
) -> Response:
    """The invoice as it is now; `wait` answers when it has got that far, or after `timeout` seconds."""
    pool = resources_of(request).pool

    async def load() -> Invoice:
        async with transaction(pool, principal.tenant) as tx:
            return await load_invoice(tx, principal.tenant, InvoiceId(invoice_id))

    content = encode_invoice(await _wait(load, parameters))
    return resource_answer(content, etag_of(content), if_none_match=request.headers.get("if-none-match"))


def answer_invoice(invoice: Invoice, status: int = 200) -> Response:
    """The invoice with its ETag."""
    content = encode_invoice(invoice)
    return resource_answer(content, etag_of(content), status=status)


async def _wait(load: Callable[[], Awaitable[Invoice]], parameters: WaitParameters) -> Invoice:
    invoice = await load()
    deadline = time.monotonic() + parameters.timeout
    while parameters.wait and not _has_reached(invoice, parameters.wait) and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_SECONDS)
        invoice = await load()
    return invoice


def _has_reached(invoice: Invoice, wanted: str) -> bool:
    """A final state answers every wait: it will not change any more. `voided`: the authority has decided."""
    if wanted == Status.VOIDED:
        return invoice.voiding is None
    is_ended = invoice.status in {Status.REJECTED, Status.VOIDED}
    if is_ended or invoice.authority.state is AuthorityState.REFUSED:
        return True
    return wanted in {invoice.status, invoice.authority.state}


@router.get("/{invoice_id}/timeline", response_model=TimelineResponse)
async def get_timeline(request: Request, invoice_id: UUID, principal: Reader) -> Response:
    """Every step in every service, oldest first."""
    timeline = await list_timeline(resources_of(request).pool, principal.tenant, InvoiceId(invoice_id))
    return json_response(encode(timeline), cache_control="no-store")
