"""作废: asked for by everybody who made a mistake, and allowed for kinds on paper only."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.common import idempotency
from libs.common.db import transaction
from libs.common.ids import InvoiceId
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_HEADER, Writer, resources_of
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.voiding import refuse_void
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.fields import NoFields
from services.invoice.store.invoice import load_invoice

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["invoices"])


@router.post("/{invoice_id}/void", response_model=InvoiceResponse, openapi_extra=KEY_HEADER)
async def post_void(
    request: Request, invoice_id: UUID, principal: Writer, _: NoFields | None = None
) -> Response:
    """Void an invoice. No kind that is issued here can be voided: the refusal says what to do instead."""
    idempotency.read_idempotency_key(request, {})
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        invoice = await load_invoice(tx, principal.tenant, InvoiceId(invoice_id))
    raise refuse_void(invoice, current_rules().kinds[invoice.kind])
