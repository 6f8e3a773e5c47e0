"""作废: asked for by everybody who made a mistake, and allowed for kinds on paper in their month of issue."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.common import idempotency
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import InvoiceId, TenantId, new_id
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_HEADER, Writer, json_response, resources_of
from services.invoice.api.waiting import wait_until
from services.invoice.commands.void_invoice import RequestVoid, request_void
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.encoding import encode_invoice
from services.invoice.domain.invoice import Status
from services.invoice.domain.voiding import Void, VoidState, refuse_by_authority
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.voids import VoidRequest
from services.invoice.store.invoice import load_invoice
from services.invoice.store.void import load_void

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["invoices"])


@router.post(
    "/{invoice_id}/void",
    response_model=InvoiceResponse,
    responses={
        202: {"model": InvoiceResponse, "description": "`voiding`: the authority has not decided yet"}
    },
    openapi_extra=KEY_HEADER,
)
async def post_void(
    request: Request, invoice_id: UUID, principal: Writer, body: VoidRequest | None = None
) -> Response:
    """Void an invoice on paper, in the month of its issue; the authority decides.

    A refusal says until when it was possible and what to do instead. An invoice that is voided already stays so.
    """
    pool, tenant = resources_of(request).pool, principal.tenant
    body = body or VoidRequest()
    key = idempotency.read_idempotency_key(request, body.model_dump())
    command = RequestVoid(
        tenant=tenant,
        actor=principal.actor,
        void_id=new_id(),
        invoice_id=InvoiceId(invoice_id),
        reason=body.reason,
        correlation=current_correlation(),
    )
    async with transaction(pool, tenant) as tx:
        if (answer := await idempotency.load_answer(tx, tenant, key)) is not None:
            return answer
        void = await request_void(tx, command, rules=current_rules(), now=utc_now())
    if void is not None:
        await _wait_for_authority(pool, void)
    async with transaction(pool, tenant) as tx:
        if (answer := await idempotency.claim(tx, tenant, key)) is not None:
            return answer
        response = await _answer(tx, tenant, InvoiceId(invoice_id), void)
        await idempotency.remember(tx, tenant, key, response)
    return response


async def _wait_for_authority(pool: Pool, void: Void) -> None:
    async def is_settled(tx: Tx) -> bool:
        return (await load_void(tx, void.tenant, void.id)).state is not VoidState.REQUESTED

    await wait_until(pool, void.tenant, is_settled)


async def _answer(tx: Tx, tenant: TenantId, invoice_id: InvoiceId, void: Void | None) -> Response:
    """200 with the voided invoice, 202 while the authority is silent; raises InvoiceNotVoidable with its refusal."""
    invoice = await load_invoice(tx, tenant, invoice_id)
    decided = None if void is None else await load_void(tx, tenant, void.id)
    if decided is not None and decided.last_error is not None:
        kind = current_rules().kinds[invoice.kind]
        raise refuse_by_authority(invoice, kind, decided.last_error, now=utc_now())
    status = 200 if invoice.status is Status.VOIDED else 202
    return json_response(encode_invoice(invoice), status, location=f"/v1/invoices/{invoice.id}")
