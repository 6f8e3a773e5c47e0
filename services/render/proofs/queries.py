"""Reads of proofs: where a document lies in the tree of its day, the roots of days, and the published keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from libs.common.contracts.render import Seal
from libs.common.db import Tx
from libs.common.ids import TenantId
from services.render.merkle import TILE_LEAVES, prove, split
from services.render.seal import DAY_ROOT_TYPE, Manifest, PublicKey, SealedDocument, build_seal


@dataclass(frozen=True, slots=True)
class RootView:
    """The root of one day, and the seal over it."""

    day: date
    documents: int
    root: str
    previous: str | None
    sealed_at: datetime
    seal: Seal


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A leaf and the path from it to the root of its day."""

    leaf: dict[str, object]
    leaf_index: int
    path: Sequence[str]
    root: RootView


@dataclass(frozen=True, slots=True)
class ProvenDocument:
    """A document with the reasons for which it has no proof, or with its proof."""

    format: str
    version: int
    state: str
    reason: str | None
    reason_zh: str | None
    inclusion: Inclusion | None


# Without a version: the newest that is ready, else the newest. What stands beside it is looked up row by row, for plans
# made while the tables were small are kept for long.
FIND_PROOF = """
with wanted as materialized (
  select d.tenant_id, d.invoice_id, d.format, d.version, d.state, d.reason, d.reason_zh, d.sha256, d.size,
    d.sealed_on, d.leaf_index
  from documents d
  where d.tenant_id = $1
    and d.invoice_id = $2
    and d.format = $3
    and ($4::integer is null or d.version = $4)
  order by d.state = 'ready' desc, d.version desc
  limit 1
)
select w.invoice_id, w.format, w.version, w.state, w.reason, w.reason_zh, w.sha256, w.size, w.leaf_index,
  i.code, i.number, i.issued_at, root.day, root.documents, root.root, root.previous, root.payload, root.key_id,
  root.signature, root.sealed_at, root.tile_roots, tile.leaves
from wanted w
join invoices i on i.tenant_id = w.tenant_id and i.id = w.invoice_id
left join lateral (
  select r.day, r.documents, r.root, r.previous, r.payload, r.key_id, r.signature, r.sealed_at, r.tile_roots
  from day_roots r
  where r.tenant_id = w.tenant_id and r.day = w.sealed_on
  limit 1
) root on true
left join lateral (
  select t.leaves
  from day_tiles t
  where t.tenant_id = w.tenant_id and t.day = w.sealed_on and t.tile = w.leaf_index / $5
  limit 1
) tile on true
"""


async def find_proof(
    tx: Tx, tenant: TenantId, invoice: UUID, file_format: str, version: int | None
) -> ProvenDocument | None:
    row = await tx.fetchrow(FIND_PROOF, tenant, invoice, file_format, version, TILE_LEAVES)
    if row is None:
        return None
    inclusion = None if row["day"] is None else _inclusion(row)
    names = ("format", "version", "state", "reason", "reason_zh")
    return ProvenDocument(**{name: row[name] for name in names}, inclusion=inclusion)


def _inclusion(row: asyncpg.Record) -> Inclusion:
    document = SealedDocument(row["format"], row["version"], row["sha256"], row["size"])
    manifest = Manifest(row["invoice_id"], row["code"], row["number"], row["issued_at"], ())
    path = prove(split(row["leaves"]), split(row["tile_roots"]), row["leaf_index"])
    hexes = [beside.hex() for beside in path]
    return Inclusion(manifest.leaf(document), row["leaf_index"], hexes, _root(row))


def _root(row: asyncpg.Record) -> RootView:
    return RootView(
        day=row["day"],
        documents=row["documents"],
        root=row["root"].hex(),
        previous=row["previous"] and row["previous"].hex(),
        sealed_at=row["sealed_at"],
        seal=build_seal(DAY_ROOT_TYPE, row["payload"], row["key_id"], row["signature"]),
    )


LIST_ROOTS = """
select day, documents, root, previous, payload, key_id, signature, sealed_at
from day_roots
where tenant_id = $1
  and day < $2
order by day desc
limit $3
"""


async def list_roots(tx: Tx, tenant: TenantId, *, before: date, limit: int) -> list[RootView]:
    """The newest first."""
    return [_root(row) for row in await tx.fetch(LIST_ROOTS, tenant, before, limit)]


LIST_TILES = """
select leaves
from day_tiles
where tenant_id = $1
  and day = $2
  and tile >= $3
order by tile
limit $4
"""


async def list_tiles(tx: Tx, tenant: TenantId, day: date, *, first: int, limit: int) -> list[bytes]:
    """Hashes of leaves in their order, as they are kept."""
    return [row["leaves"] for row in await tx.fetch(LIST_TILES, tenant, day, first, limit)]


LIST_KEYS = "select id, x from seal_keys order by first_used_at, id"


async def list_keys(tx: Tx) -> list[PublicKey]:
    """All that ever signed."""
    return [PublicKey(**row) for row in await tx.fetch(LIST_KEYS)]
