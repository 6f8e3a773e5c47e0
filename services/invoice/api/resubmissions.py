"""The way out for an invoice that the buyer has and the authority refused."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.common import idempotency
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import InvoiceId
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_HEADER, Writer, json_response, resources_of
from services.invoice.commands.resubmit_invoice import ResubmitInvoice, resubmit_invoice
from services.invoice.domain.encoding import encode_invoice
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.resubmissions import ResubmitRequest
from services.invoice.store.invoice import load_invoice

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["invoices"])


@router.post("/{invoice_id}/resubmit", response_model=InvoiceResponse, openapi_extra=KEY_HEADER)
async def post_resubmission(
    request: Request, invoice_id: UUID, body: ResubmitRequest, principal: Writer
) -> Response:
    """Submit a refused upload again under the same number, once what stood in its way is put right.

    Its text stays as the buyer has it; where the text itself is wrong, reverse the invoice instead.
    """
    resources = resources_of(request)
    key = idempotency.read_idempotency_key(request, await request.json())
    command = ResubmitInvoice(
        principal.tenant, principal.actor, InvoiceId(invoice_id), body.reason, resources.promise
    )
    async with transaction(resources.pool, principal.tenant) as tx:
        if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        await resubmit_invoice(tx, command, now=utc_now())
        invoice = await load_invoice(tx, principal.tenant, InvoiceId(invoice_id))
        response = json_response(encode_invoice(invoice), cache_control="no-store")
        await idempotency.remember(tx, principal.tenant, key, response)
    return response
