"""Checks as answers show them."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339, utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, id_below
from services.invoice.domain.encoding import decode
from services.invoice.domain.export import CheckReport
from services.invoice.errors import ExportNotFound


class CheckView(Struct, frozen=True, kw_only=True):
    id: UUID
    export_id: UUID
    status: str
    documents: int
    result: CheckReport | None
    actor: str
    created_at: str
    finished_at: str | None


class CheckPage(Struct, frozen=True):
    items: list[CheckView]
    next_cursor: str | None
    as_of: str


LIST_CHECKS = """
select id, export_id, status, sample, result, actor, created_at, finished_at
from export_checks
where tenant_id = $1 and export_id = $2 and id < $3
order by id desc
limit $4
"""


async def list_checks(
    pool: Pool, tenant: TenantId, export_id: UUID, *, limit: int, cursor: str | None
) -> CheckPage:
    """The newest first."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_CHECKS, tenant, export_id, id_below(cursor), limit + 1)
    page, next_cursor = cut_page([_view(row) for row in rows], limit, lambda view: (view.id,))
    return CheckPage(list(page), next_cursor, rfc3339(utc_now()))


FIND_CHECK = """
select id, export_id, status, sample, result, actor, created_at, finished_at
from export_checks
where tenant_id = $1 and export_id = $2 and id = $3
"""


async def find_check(tx: Tx, tenant: TenantId, export_id: UUID, check_id: UUID) -> CheckView:
    """Raises ExportNotFound."""
    row = await tx.fetchrow(FIND_CHECK, tenant, export_id, check_id)
    if row is None:
        raise ExportNotFound
    return _view(row)


def _view(row: Any) -> CheckView:
    return CheckView(
        id=row["id"],
        export_id=row["export_id"],
        status=row["status"],
        documents=row["sample"],
        result=decode(row["result"], CheckReport) if row["result"] else None,
        actor=row["actor"],
        created_at=rfc3339(row["created_at"]),
        finished_at=row["finished_at"] and rfc3339(row["finished_at"]),
    )
