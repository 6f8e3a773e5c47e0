"""Rows of sealed days: which day of which tenant comes next, its documents in the order of the leaves, its root."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.render.merkle import Tile
from services.render.seal import Manifest, PublicKey, SealedDocument

TAKE_TURN = "select pg_try_advisory_xact_lock(hashtextextended('render: seal days', 0))"


async def take_turn(tx: Tx) -> bool:
    """Only one process seals at a time; the lock ends with the transaction."""
    return bool(await tx.fetchval(TAKE_TURN))


SAVE_KEY = """
insert into seal_keys (id, x, first_used_at)
values ($1, $2, $3)
on conflict (id) do nothing
"""


async def save_key(tx: Tx, key: PublicKey, *, now: datetime) -> None:
    await tx.execute(SAVE_KEY, key.id, key.x, now)


class OpenDay(NamedTuple):
    """A tenant with unsealed documents: since when, and its last root."""

    tenant: TenantId
    oldest: datetime
    last_day: date | None
    last_payload: bytes | None


# Tenants are found by leaps through the index of what is unsealed. One whose root of day $2 is there waits.
FIND_OPEN_DAY = """
with recursive unsealed as (
  (select tenant_id from documents where state = 'ready' and sealed_on is null order by tenant_id limit 1)
  union all
  select next.tenant_id
  from unsealed u
  cross join lateral (
    select d.tenant_id
    from documents d
    where d.state = 'ready' and d.sealed_on is null and d.tenant_id > u.tenant_id
    order by d.tenant_id
    limit 1
  ) next
)
select u.tenant_id, oldest.finished_at, last.day, last.payload
from unsealed u
cross join lateral (
  select min(d.finished_at) as finished_at
  from documents d
  where d.tenant_id = u.tenant_id and d.state = 'ready' and d.sealed_on is null
) oldest
left join lateral (
  select r.day, r.payload
  from day_roots r
  where r.tenant_id = u.tenant_id
  order by r.day desc
  limit 1
) last on true
where oldest.finished_at < $1
  and (last.day is null or last.day < $2)
  and u.tenant_id <> all($3::uuid[])
limit 1
"""


async def find_open_day(
    tx: Tx, *, ends: datetime, day: date, without: Collection[TenantId]
) -> OpenDay | None:
    """A tenant with documents that were ready before `ends` and no root of `day` yet."""
    row = await tx.fetchrow(FIND_OPEN_DAY, ends, day, [*without])
    return OpenDay(*row) if row is not None else None


# In the order of the leaves, which is that of the index. The invoices one by one: joined by merging, they would be read
# from the tenant's first one on.
LIST_LEAVES = """
with leaf as materialized (
  select d.tenant_id, d.invoice_id, d.format, d.version, d.sha256, d.size
  from documents d
  where d.tenant_id = $1
    and d.state = 'ready'
    and d.sealed_on is null
    and d.finished_at < $2
    and (d.invoice_id, d.format, d.version) > ($3, $4, $5)
  order by d.invoice_id, d.format, d.version
  limit $6
)
select l.invoice_id, l.format, l.version, l.sha256, l.size, issued.code, issued.number, issued.issued_at
from leaf l
cross join lateral (
  select i.code, i.number, i.issued_at
  from invoices i
  where i.tenant_id = l.tenant_id and i.id = l.invoice_id
  limit 1
) issued
order by l.invoice_id, l.format, l.version
"""


async def list_leaves(
    tx: Tx, tenant: TenantId, *, ends: datetime, after: tuple[UUID, str, int], limit: int
) -> list[asyncpg.Record]:
    return await tx.fetch(LIST_LEAVES, tenant, ends, *after, limit)


def read_leaf(row: asyncpg.Record) -> dict[str, object]:
    """What the tree holds of a document."""
    document = SealedDocument(row["format"], row["version"], row["sha256"], row["size"])
    return Manifest(row["invoice_id"], row["code"], row["number"], row["issued_at"], ()).leaf(document)


MARK_SEALED = """
update documents d
set sealed_on = $2, leaf_index = leaf.place
from unnest($3::uuid[], $4::text[], $5::integer[], $6::integer[]) as leaf (invoice_id, format, version, place)
where d.tenant_id = $1
  and d.invoice_id = leaf.invoice_id
  and d.format = leaf.format
  and d.version = leaf.version
"""


async def mark_sealed(
    tx: Tx, tenant: TenantId, day: date, documents: Sequence[tuple[UUID, str, int]], *, first: int
) -> None:
    """They are the leaves from `first` on."""
    invoices, formats, versions = zip(*documents, strict=True)
    await tx.execute(
        MARK_SEALED, tenant, day, invoices, formats, versions, [*range(first, first + len(invoices))]
    )


INSERT_TILES = """
insert into day_tiles (tenant_id, day, tile, leaves)
select $1, $2, tile, leaves
from unnest($3::integer[], $4::bytea[]) as tiles (tile, leaves)
"""


async def insert_tiles(tx: Tx, tenant: TenantId, day: date, tiles: Sequence[Tile], *, first: int) -> None:
    numbers = [*range(first, first + len(tiles))]
    await tx.execute(INSERT_TILES, tenant, day, numbers, [tile.leaves for tile in tiles])


class DayRoot(NamedTuple):
    """The root of one day of one tenant and the signature over it."""

    tenant: TenantId
    day: date
    documents: int
    root: bytes
    previous: bytes | None
    payload: bytes
    key_id: str
    signature: bytes
    tile_roots: bytes
    sealed_at: datetime


INSERT_ROOT = """
insert into day_roots (
  tenant_id, day, documents, root, previous, payload, key_id, signature, tile_roots, sealed_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def insert_root(tx: Tx, root: DayRoot) -> None:
    await tx.execute(INSERT_ROOT, *root)
