"""Reads of deliveries."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId

_DELIVERIES = """
select d.id, d.invoice_id, i.number, i.reference, d.channel, d.about, d.recipient, d.state,
  d.attempts,
  case when d.state = 'pending' then d.next_attempt_at end as next_attempt_at,
  case when d.state = 'waiting' then lacking.reason else d.last_error end as last_error,
  d.message_id, d.requested_by, d.formats, d.attached, d.created_at, d.updated_at, d.sent_at
from deliveries d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
left join lateral (
  select min(lack.value) as reason
  from jsonb_each_text(i.lacks) as lack
  where lack.key = any (coalesce(d.formats, '{pdf}'))
) as lacking on true
where d.tenant_id = $1
"""
LIST_DELIVERIES = f"""{_DELIVERIES}
  and ($2::uuid is null or d.invoice_id = $2)
  and ($3::text is null or d.state = $3)
  and d.id < $4
order by d.id desc
limit $5
"""
FIND_DELIVERY = f"""{_DELIVERIES}
  and d.id = $2
"""
IS_INVOICE_KNOWN = """
select exists (select from invoices where tenant_id = $1 and id = $2 and number is not null)
"""


@dataclass(frozen=True, slots=True)
class DeliveryItem:
    """A delivery as its tenant sees it, with the whole address."""

    id: UUID
    invoice_id: UUID
    number: str
    reference: str
    channel: str
    about: str
    to: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    message_id: str | None
    requested_by: str
    formats: list[str] | None
    attached: list[str] | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """None: no condition."""

    invoice_id: UUID | None = None
    state: str | None = None


async def list_deliveries(
    tx: Tx, tenant: TenantId, wanted: DeliveryFilter, *, before: UUID, limit: int
) -> list[DeliveryItem]:
    """Newest first, those with ids below `before`."""
    rows = await tx.fetch(LIST_DELIVERIES, tenant, wanted.invoice_id, wanted.state, before, limit)
    return [DeliveryItem(*row) for row in rows]


async def find_delivery(tx: Tx, tenant: TenantId, delivery: UUID) -> DeliveryItem | None:
    row = await tx.fetchrow(FIND_DELIVERY, tenant, delivery)
    return DeliveryItem(*row) if row is not None else None


async def is_invoice_known(tx: Tx, tenant: TenantId, invoice: UUID) -> bool:
    """Whether notify has learnt that the invoice was issued."""
    is_known: bool = await tx.fetchval(IS_INVOICE_KNOWN, tenant, invoice)
    return is_known
