"""What has changed in an invoice, field by field."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common.ids import InvoiceId
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.history import list_history
from services.invoice.schemas.finding import HistoryResponse
from services.invoice.schemas.queries import PageParameters

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["finding"])


@router.get("/{invoice_id}/history", response_model=HistoryResponse)
async def get_history(
    request: Request, invoice_id: UUID, principal: Reader, parameters: Annotated[PageParameters, Query()]
) -> Response:
    """Every changed field with who changed it, oldest first; each row carries the hash of the tenant's chain."""
    page = await list_history(
        resources_of(request).pool,
        principal.tenant,
        InvoiceId(invoice_id),
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")
