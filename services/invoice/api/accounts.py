"""What a taxpayer issues with: itself, its numbers, its quota, and the kinds it may choose."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from libs.common.auth import Principal, require
from libs.common.clock import rfc3339, shanghai_day, utc_now
from libs.common.db import transaction
from libs.common.ids import TaxpayerId, new_id
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.commands.register_taxpayer import register_taxpayer
from services.invoice.data.rule_packs import rule_pack
from services.invoice.domain.connector import new_connector
from services.invoice.domain.encoding import encode
from services.invoice.queries.kinds import list_kinds
from services.invoice.queries.ledger import get_quota, list_numbers
from services.invoice.schemas.lists import KindListResponse, LedgerResponse, QuotaResponse
from services.invoice.schemas.queries import KindParameters, LedgerParameters, QuotaParameters
from services.invoice.schemas.taxpayers import (
    TaxpayerChange,
    TaxpayerListResponse,
    TaxpayerRequest,
    TaxpayerResponse,
    taxpayer_response,
)
from services.invoice.store.connector import load_connectors
from services.invoice.store.taxpayer import list_taxpayers, load_taxpayer, update_kinds

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["accounts"])

Administrator = Annotated[Principal, Depends(require("taxpayer:write"))]


@router.get("/taxpayers")
async def get_taxpayers(request: Request, principal: Reader) -> TaxpayerListResponse:
    """The tenant's taxpayers."""
    now = utc_now()
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        taxpayers = await list_taxpayers(tx, principal.tenant)
        connectors = await load_connectors(tx, principal.tenant)
    items = [taxpayer_response(taxpayer, connectors[taxpayer.id]) for taxpayer in taxpayers]
    return TaxpayerListResponse(items=items, as_of=rfc3339(now))


@router.get("/taxpayers/{taxpayer_id}")
async def get_taxpayer(request: Request, taxpayer_id: UUID, principal: Reader) -> TaxpayerResponse:
    """One taxpayer, and how it stands with the authority."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        connectors = await load_connectors(tx, principal.tenant)
        if taxpayer_id not in connectors:
            raise NotFound("There is no such taxpayer.", detail_zh="没有该纳税人。")
        taxpayer = await load_taxpayer(tx, principal.tenant, TaxpayerId(taxpayer_id))
    return taxpayer_response(taxpayer, connectors[taxpayer.id])


@router.post("/taxpayers", status_code=201)
async def post_taxpayer(
    request: Request, body: TaxpayerRequest, principal: Administrator
) -> TaxpayerResponse:
    """Register a taxpayer; its numbers and quota are fetched within seconds."""
    taxpayer = body.to_domain(principal.tenant, TaxpayerId(new_id()))
    now = utc_now()
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await register_taxpayer(tx, taxpayer, now=now)
    return taxpayer_response(taxpayer, new_connector(now))


@router.patch("/taxpayers/{taxpayer_id}")
async def patch_taxpayer(
    request: Request, taxpayer_id: UUID, body: TaxpayerChange, principal: Administrator
) -> TaxpayerResponse:
    """Change what the taxpayer is entitled to issue."""
    kinds, pool = body.to_kinds(), resources_of(request).pool
    async with transaction(pool, principal.tenant) as tx:
        await update_kinds(tx, principal.tenant, TaxpayerId(taxpayer_id), kinds, now=utc_now())
    return await get_taxpayer(request, taxpayer_id, principal)


@router.get("/quota", response_model=QuotaResponse)
async def get_quota_of_month(
    request: Request, principal: Reader, parameters: Annotated[QuotaParameters, Query()]
) -> Response:
    """This month's quota of the default taxpayer or the named one."""
    taxpayer_id = None if parameters.taxpayer_id is None else TaxpayerId(parameters.taxpayer_id)
    pool = resources_of(request).pool
    quota = await get_quota(pool, principal.tenant, taxpayer_id, now=utc_now())
    return json_response(encode(quota), cache_control="no-store")


@router.get("/number-ledger", response_model=LedgerResponse)
async def get_number_ledger(
    request: Request, principal: Reader, parameters: Annotated[LedgerParameters, Query()]
) -> Response:
    """Every number of a range accounted for."""
    page = await list_numbers(
        resources_of(request).pool,
        principal.tenant,
        parameters.to_span(),
        limit=parameters.limit,
        cursor=parameters.cursor,
        now=utc_now(),
    )
    return json_response(encode(page), cache_control="no-store")


@router.get("/invoice-kinds", response_model=KindListResponse)
async def get_invoice_kinds(
    request: Request, principal: Reader, parameters: Annotated[KindParameters, Query()]
) -> Response:
    """Every kind of invoice, whether the default taxpayer or the named one can choose it now, and why not."""
    taxpayer_id = None if parameters.taxpayer_id is None else TaxpayerId(parameters.taxpayer_id)
    pool, now = resources_of(request).pool, utc_now()
    kinds = await list_kinds(pool, principal.tenant, taxpayer_id, rule_pack(shanghai_day(now)), now=now)
    return json_response(encode(kinds), cache_control="no-store")
