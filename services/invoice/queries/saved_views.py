"""Filters that users keep under a name."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, id_below

LIST_SAVED_VIEWS = """
select id, owner, name, is_shared, query, updated_at
from saved_views
where tenant_id = $1 and (owner = $2 or is_shared) and id < $3
order by id desc
limit $4
"""


class SavedViewItem(Struct, frozen=True):
    """`query` holds the list's own parameters, to be sent as they are."""

    id: UUID
    name: str
    query: dict[str, Any]
    shared: bool
    owner: str
    updated_at: str


class SavedViewPage(Struct, frozen=True):
    items: list[SavedViewItem]
    next_cursor: str | None


async def list_saved_views(
    pool: Pool, tenant: TenantId, owner: str, *, limit: int, cursor: str | None
) -> SavedViewPage:
    """The owner's and those that others share, newest first."""
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_SAVED_VIEWS, tenant, owner, id_below(cursor), limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row["id"],))
    return SavedViewPage([saved_view_item(row) for row in page], next_cursor)


def saved_view_item(row: Any) -> SavedViewItem:
    """Of a row with the columns of LIST_SAVED_VIEWS."""
    return SavedViewItem(
        row["id"],
        row["name"],
        msgspec.json.decode(row["query"]),
        row["is_shared"],
        row["owner"],
        rfc3339(row["updated_at"]),
    )
