"""The directory of buyers: whom the tenant has issued to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.buyers import suggest_buyers
from services.invoice.schemas.buyers import BuyerListResponse, BuyerParameters

router = APIRouter(route_class=StrictRoute, prefix="/v1/buyers", tags=["buyers"])


@router.get("", response_model=BuyerListResponse)
async def get_buyers(
    request: Request, principal: Reader, parameters: Annotated[BuyerParameters, Query()]
) -> Response:
    """Suggestions while somebody types: what begins with `q` first, then what contains it."""
    page = await suggest_buyers(
        resources_of(request).pool,
        principal.tenant,
        parameters.q,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")
