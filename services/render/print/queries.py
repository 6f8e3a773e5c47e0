"""Reads for printing: printers with their offsets, and the invoices of a selection with what their PDF has come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.render.print.printers import Printer

LIST_PRINTERS = """
select name, profile, dx, dy, version, updated_at, updated_by
from printers
where tenant_id = $1
order by name
"""


async def list_printers(tx: Tx, tenant: TenantId) -> list[Printer]:
    return [read_printer(row) for row in await tx.fetch(LIST_PRINTERS, tenant)]


FIND_PRINTER = """
select name, profile, dx, dy, version, updated_at, updated_by
from printers
where tenant_id = $1
  and name = $2
"""


async def find_printer(tx: Tx, tenant: TenantId, name: str) -> Printer | None:
    row = await tx.fetchrow(FIND_PRINTER, tenant, name)
    return read_printer(row) if row is not None else None


def read_printer(row: asyncpg.Record) -> Printer:
    """A row of printers."""
    return Printer(**row)


@dataclass(frozen=True, slots=True)
class Printable:
    """An invoice and the version of its PDF that a print shows; `state` is None where there is no such version."""

    id: UUID
    code: str | None
    number: str
    body_size: int
    version: int | None
    state: str | None
    mark: str | None


# As for downloads: the newest version that is ready, else the newest.
LIST_PRINTABLE = """
select i.id, i.code, i.number, octet_length(i.body) as body_size, d.version, d.state, d.mark
from unnest($2::uuid[]) as wanted (id)
join invoices i on i.tenant_id = $1 and i.id = wanted.id
left join lateral (
  select version, state, mark
  from documents
  where tenant_id = i.tenant_id and invoice_id = i.id and format = 'pdf'
    and ($3::integer is null or version = $3)
  order by state = 'ready' desc, version desc
  limit 1
) d on true
order by coalesce(i.code, '') || i.number collate "C", i.id
"""


async def list_printable(
    tx: Tx, tenant: TenantId, ids: Sequence[UUID], version: int | None = None
) -> list[Printable]:
    """Those of the invoices that are known, in the order of their numbers."""
    rows = await tx.fetch(LIST_PRINTABLE, tenant, list(ids), version)
    return [Printable(**row) for row in rows]


LOAD_BODIES = """
select id, body
from invoices
where tenant_id = $1
  and id = any($2::uuid[])
"""


async def load_bodies(tx: Tx, tenant: TenantId, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
    """The invoices as published, in JSON."""
    return {row["id"]: row["body"] for row in await tx.fetch(LOAD_BODIES, tenant, list(ids))}
