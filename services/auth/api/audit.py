"""The tenant's audit trail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from libs.common.auth import Principal, require
from libs.common.db import transaction
from libs.common.pagination import PageParameters, id_below
from libs.common.strict_json import StrictRoute
from services.auth import queries
from services.auth.api.paging import page_of
from services.auth.resources import Resources, resources_of
from services.auth.schemas import AuditEntryAnswer, PageOf

router = APIRouter(route_class=StrictRoute, prefix="/v1/auth/audit-entries", tags=["Audit"])


@router.get("")
async def list_audit_entries(
    page: Annotated[PageParameters, Query()],
    principal: Annotated[Principal, Depends(require("auth:read"))],
    resources: Annotated[Resources, Depends(resources_of)],
) -> PageOf[AuditEntryAnswer]:
    """Sign-ins, keys, users and sessions, newest first."""
    async with transaction(resources.pool, principal.tenant) as tx:
        entries = await queries.list_audit_entries(
            tx, principal.tenant, id_below(page.cursor), page.limit + 1
        )
    return page_of(entries, AuditEntryAnswer.model_validate, page, resources.clock())
