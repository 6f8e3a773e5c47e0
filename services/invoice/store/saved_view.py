"""Saved views: only their owner changes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.db import Tx, constraint_problems
from libs.common.ids import TenantId
from services.invoice.errors import DuplicateSavedView, SavedViewNotFound


class SavedView(Struct, frozen=True, kw_only=True):
    """`query` is JSON: the list's parameters."""

    tenant: TenantId
    id: UUID
    owner: str
    name: str
    is_shared: bool
    query: str


SAVE_SAVED_VIEW = """
insert into saved_views as s (tenant_id, id, owner, name, is_shared, query, updated_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, id) do update
set name = excluded.name, is_shared = excluded.is_shared, query = excluded.query, updated_at = excluded.updated_at
returning s.id, s.owner, s.name, s.is_shared, s.query, s.updated_at
"""
LOCK_SAVED_VIEW = "select 1 from saved_views where tenant_id = $1 and id = $2 and owner = $3 for update"
DELETE_SAVED_VIEW = "delete from saved_views where tenant_id = $1 and id = $2 and owner = $3 returning 1"


async def add_saved_view(tx: Tx, view: SavedView, *, now: datetime) -> Any:
    """The row as lists read it; raises DuplicateSavedView."""
    values = (view.tenant, view.id, view.owner, view.name, view.is_shared, view.query, now)
    with constraint_problems(saved_views_name_key=DuplicateSavedView(name=view.name)):
        return await tx.fetchrow(SAVE_SAVED_VIEW, *values)


async def replace_saved_view(tx: Tx, view: SavedView, *, now: datetime) -> Any:
    """Raises SavedViewNotFound where it does not exist or is another's, DuplicateSavedView."""
    if not await tx.fetchval(LOCK_SAVED_VIEW, view.tenant, view.id, view.owner):
        raise SavedViewNotFound
    return await add_saved_view(tx, view, now=now)


async def delete_saved_view(tx: Tx, tenant: TenantId, view_id: UUID, owner: str) -> None:
    """Raises SavedViewNotFound where it does not exist or is another's."""
    if not await tx.fetchval(DELETE_SAVED_VIEW, tenant, view_id, owner):
        raise SavedViewNotFound
