"""SQL of the inbox's write side: messages, and who has read them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.inbox import InboxMessage

# Positions as in the feed.
SAVE_MESSAGES = """
with arrived as (
  select a.*, row_number() over (partition by a.tenant_id order by a.ordinal desc) as from_last
  from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::timestamptz[]
  ) with ordinality as a (
    tenant_id, id, kind, invoice_id, number, reference, title, title_zh, text, text_zh, created_at, ordinal
  )
),
moved as (
  insert into streams as s (tenant_id, inbox_position)
  select tenant_id, count(*)
  from arrived
  group by tenant_id
  order by tenant_id
  on conflict (tenant_id) do update set inbox_position = s.inbox_position + excluded.inbox_position
  returning tenant_id, inbox_position
)
insert into inbox_messages (
  tenant_id, position, id, kind, invoice_id, number, reference, title, title_zh, text, text_zh, created_at
)
select
  a.tenant_id, m.inbox_position - a.from_last + 1, a.id, a.kind, a.invoice_id, a.number, a.reference, a.title,
  a.title_zh, a.text, a.text_zh, a.created_at
from arrived a
join moved m on m.tenant_id = a.tenant_id
"""
FIND_MESSAGE = "select position from inbox_messages where tenant_id = $1 and id = $2"
SAVE_READ = """
insert into inbox_reads (tenant_id, reader_id, position)
values ($1, $2, $3)
on conflict do nothing
"""
SAVE_READ_UP_TO = """
insert into inbox_readers as r (tenant_id, reader_id, read_up_to)
select tenant_id, $2, inbox_position
from streams
where tenant_id = $1
on conflict (tenant_id, reader_id) do update set read_up_to = greatest(r.read_up_to, excluded.read_up_to)
returning read_up_to
"""
DELETE_READS = "delete from inbox_reads where tenant_id = $1 and reader_id = $2 and position <= $3"


async def save_messages(tx: Tx, messages: Sequence[InboxMessage]) -> None:
    """Append them in this order."""
    rows = [_row(message) for message in messages]
    if rows:
        await tx.execute(SAVE_MESSAGES, *zip(*rows, strict=True))


def _row(message: InboxMessage) -> tuple[UUID | str | datetime | None, ...]:
    occasion = message.occasion
    return (
        occasion.tenant,
        occasion.event_id,
        message.kind,
        occasion.invoice_id,
        occasion.number,
        occasion.reference,
        message.title,
        message.title_zh,
        message.text,
        message.text_zh,
        occasion.time,
    )


async def find_message(tx: Tx, tenant: TenantId, message: UUID) -> int | None:
    """The message's position."""
    position: int | None = await tx.fetchval(FIND_MESSAGE, tenant, message)
    return position


async def save_read(tx: Tx, tenant: TenantId, reader: UUID, position: int) -> None:
    """Repeating it is harmless."""
    await tx.execute(SAVE_READ, tenant, reader, position)


async def save_all_read(tx: Tx, tenant: TenantId, reader: UUID) -> None:
    """One mark replaces the single ones."""
    read_up_to = await tx.fetchval(SAVE_READ_UP_TO, tenant, reader)
    if read_up_to is not None:
        await tx.execute(DELETE_READS, tenant, reader, read_up_to)
