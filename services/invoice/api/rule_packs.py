"""The rules of the trade by day, and what other rules would change of the past."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.common.clock import shanghai_day, utc_now
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.rule_packs import get_pack, list_packs, replay
from services.invoice.schemas.queries import PageParameters
from services.invoice.schemas.rule_packs import (
    ReplayRequest,
    ReplayResponse,
    RulePackListResponse,
    RulePackResponse,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1/rule-packs", tags=["rules"])


@router.get("", response_model=RulePackListResponse)
async def get_rule_packs(_: Reader) -> Response:
    """Every pack and from when to when it is in force."""
    now = utc_now()
    return json_response(encode(list_packs(today=shanghai_day(now), now=now)))


@router.get("/{pack}", response_model=RulePackResponse)
async def get_rule_pack(pack: str, _: Reader) -> Response:
    """Rates, policies, tolerances, limits, kinds and tax classes of one pack, and what of it is not confirmed."""
    return json_response(encode(get_pack(pack)))


@router.post("/{pack}/replay", response_model=ReplayResponse)
async def post_replay(
    request: Request,
    pack: str,
    body: ReplayRequest,
    principal: Reader,
    parameters: Annotated[PageParameters, Query()],
) -> Response:
    """Judge a past period under this pack and list what would change; changes nothing."""
    found = await replay(
        resources_of(request).pool,
        principal.tenant,
        get_pack(pack).id,
        body.to_period(),
        limit=parameters.limit,
        cursor=parameters.cursor,
        now=utc_now(),
    )
    return json_response(encode(found), cache_control="no-store")
