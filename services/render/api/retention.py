"""For how many years a tenant's documents are kept: what may be chosen, what holds, and who chose it when."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.strict_json import StrictRoute
from services.render.commands import choose_retention
from services.render.errors import RetentionNotOffered
from services.render.queries import list_choices
from services.render.resources import Resources
from services.render.retention.terms import TERMS, YEARS
from services.render.schemas import (
    RetentionChoiceItem,
    RetentionRequest,
    RetentionSetting,
    RetentionTerm,
)

router = APIRouter(prefix="/v1/archive", route_class=StrictRoute, tags=["documents"])


@router.get("/retention", response_model=RetentionSetting)
async def get_retention(
    request: Request, principal: Annotated[Principal, Depends(require("document:read"))]
) -> RetentionSetting:
    """The years that hold for the tenant, from the end of the year of issue, and the last choices."""
    return await _read(request.app.state.resources, principal)


@router.put("/retention", response_model=RetentionSetting)
async def put_retention(
    request: Request,
    body: RetentionRequest,
    principal: Annotated[Principal, Depends(require("document:write", "document:audit"))],
) -> RetentionSetting:
    """Holds for what is archived from now on; a longer term also for all that is there, a shorter one never.

    The choice is kept with who made it.
    """
    if body.years not in YEARS:
        raise RetentionNotOffered(years=list(YEARS))
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool, principal.tenant) as tx:
        await choose_retention(
            tx,
            principal.tenant,
            body.years,
            actor=principal.actor,
            request_id=current_correlation().id,
            now=utc_now(),
        )
    return await _read(resources, principal)


async def _read(resources: Resources, principal: Principal) -> RetentionSetting:
    async with transaction(resources.pool, principal.tenant) as tx:
        choices = await list_choices(tx, principal.tenant)
    return RetentionSetting(
        years=choices[0].years if choices else TERMS.default,
        offered=[RetentionTerm.model_validate(term, from_attributes=True) for term in TERMS.term],
        choices=[RetentionChoiceItem.model_validate(one, from_attributes=True) for one in choices],
        as_of=utc_now(),
    )
