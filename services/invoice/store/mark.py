"""Tags and notes as users have changed them; an invoice without a row has the tags it was issued with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.invoice import Note
from services.invoice.domain.marks import Marked
from services.invoice.errors import InvoiceNotFound

LOAD_MARKED_LOCKED = """
select i.id, i.code, i.number, i.reference, i.version, m.tags, m.notes,
  case when m.tags is null then array(select jsonb_array_elements_text(i.content -> 'tags')) end as first_tags
from invoices i
left join invoice_marks m on m.tenant_id = i.tenant_id and m.invoice_id = i.id
where i.tenant_id = $1 and i.id = any($2::uuid[])
order by i.id
for update of i
"""
SAVE_MARKED = """
with changed as (
  select id, array(select jsonb_array_elements_text(tags)) as tags, notes, version
  from unnest($2::uuid[], $3::jsonb[], $4::jsonb[], $5::bigint[]) as c (id, tags, notes, version)
),
marked as (
  insert into invoice_marks (tenant_id, invoice_id, tags, notes)
  select $1, id, tags, notes
  from changed
  on conflict (tenant_id, invoice_id) do update set tags = excluded.tags, notes = excluded.notes
),
waiting as (
  insert into view_backlog (tenant_id, invoice_id, changed_at)
  select $1, id, $6
  from changed
  on conflict do nothing
)
update invoices i
set version = c.version
from changed c
where i.tenant_id = $1 and i.id = c.id
"""
DELETE_TAG_COLOURS = "delete from tag_colours where tenant_id = $1"
SAVE_TAG_COLOURS = """
insert into tag_colours (tenant_id, tag, colour)
select $1, tag, colour
from unnest($2::text[], $3::text[]) as c (tag, colour)
"""


async def load_marked_locked(tx: Tx, tenant: TenantId, ids: Sequence[UUID]) -> list[Marked]:
    """In order of id; raises InvoiceNotFound if the tenant lacks one of them."""
    rows = await tx.fetch(LOAD_MARKED_LOCKED, tenant, ids)
    if len(rows) < len(set(ids)):
        raise InvoiceNotFound
    return [_marked(row) for row in rows]


async def save_marked(tx: Tx, tenant: TenantId, changed: Sequence[Marked], *, now: datetime) -> None:
    """Save changes of locked invoices that are announced at `now`."""
    columns = (
        [each.id for each in changed],
        [encode(each.tags).decode() for each in changed],
        [encode(each.notes).decode() for each in changed],
        [each.version for each in changed],
    )
    await tx.execute(SAVE_MARKED, tenant, *columns, now)


def _marked(row: Any) -> Marked:
    tags = row["first_tags"] if row["tags"] is None else row["tags"]
    notes = decode(row["notes"], tuple[Note, ...]) if row["notes"] else ()
    return Marked(row["id"], row["number"], row["reference"], row["version"], tuple(tags), notes, row["code"])


async def save_tag_colours(tx: Tx, tenant: TenantId, colours: Mapping[str, str]) -> None:
    """These and no others."""
    await tx.execute(DELETE_TAG_COLOURS, tenant)
    await tx.execute(SAVE_TAG_COLOURS, tenant, list(colours), list(colours.values()))
