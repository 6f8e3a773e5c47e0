"""Reads of the inbox: the list and the count come from the same rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId

# `unread` null: all. With it true, what is below the reader's mark is not even looked at.
LIST_INBOX = """
select m.position, m.id, m.kind, m.invoice_id, m.number, m.reference, m.title, m.title_zh, m.text, m.text_zh,
  m.created_at, m.position <= mark.read_up_to or x.position is not null as is_read
from (
  select coalesce((select read_up_to from inbox_readers where tenant_id = $1 and reader_id = $2), 0) as read_up_to
) as mark
join inbox_messages m
  on m.tenant_id = $1 and m.position < $3 and m.position > case when $4 then mark.read_up_to else 0 end
left join inbox_reads x on x.tenant_id = m.tenant_id and x.reader_id = $2 and x.position = m.position
where $4::boolean is null or $4 <> (m.position <= mark.read_up_to or x.position is not null)
order by m.position desc
limit $5
"""
# Positions are gapless, so nothing but single marks has to be counted.
COUNT_UNREAD = """
select s.inbox_position - mark.read_up_to - (
  select count(*)
  from inbox_reads
  where tenant_id = $1 and reader_id = $2 and position > mark.read_up_to
)
from streams s
cross join (
  select coalesce((select read_up_to from inbox_readers where tenant_id = $1 and reader_id = $2), 0) as read_up_to
) as mark
where s.tenant_id = $1
"""
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A message as one reader sees it."""

    id: UUID
    kind: str
    invoice_id: UUID | None
    number: str | None
    reference: str
    title: str
    title_zh: str
    text: str
    text_zh: str
    created_at: datetime
    is_read: bool


async def list_inbox(
    tx: Tx, tenant: TenantId, reader: UUID, *, before: int, is_unread: bool | None, limit: int
) -> list[tuple[int, InboxItem]]:
    """Newest first, those at positions below `before`; each with its position."""
    rows = await tx.fetch(LIST_INBOX, tenant, reader, before, is_unread, limit)
    return [(row[0], InboxItem(*row[1:])) for row in rows]


async def count_unread(tx: Tx, tenant: TenantId, reader: UUID) -> int:
    """Exact, at the cost of one row and the single marks."""
    count: int | None = await tx.fetchval(COUNT_UNREAD, tenant, reader)
    return count or 0
