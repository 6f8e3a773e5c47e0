"""作废: asked for by everybody who made a mistake, and allowed for kinds on paper only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from libs.common import idempotency
from libs.common.clock import shanghai_day, utc_now
from libs.common.db import transaction
from libs.common.ids import InvoiceId
from libs.common.strict_json import StrictRoute
from services.invoice.api.invoices import Writer, resources_of
from services.invoice.data.rule_packs import rule_pack
from services.invoice.domain.voiding import refuse_void
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.fields import StrictModel
from services.invoice.store.invoice import load_invoice

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["invoices"])


class VoidRequest(StrictModel):
    """Nothing has to be said."""


@router.post("/{invoice_id}/void", response_model=InvoiceResponse)
async def post_void(
    request: Request,
    invoice_id: UUID,
    body: VoidRequest,
    principal: Writer,
    idempotency_key: Annotated[str | None, Header(description="1 to 255 visible ASCII characters")] = None,
) -> Response:
    """Void an invoice. No kind that is issued here can be voided: the refusal says what to do instead."""
    _ = body, idempotency_key  # for the description; they are read together
    idempotency.read_idempotency_key(request, await request.json())
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        invoice = await load_invoice(tx, principal.tenant, InvoiceId(invoice_id))
    raise refuse_void(invoice, rule_pack(shanghai_day(utc_now())).kinds[invoice.kind])
