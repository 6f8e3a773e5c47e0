"""Invoices whose promise has passed without the authority's final word; found through what is still open."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import TenantId

CLAIM_OVERDUE = """
with late as (
  select s.tenant_id, s.invoice_id, i.code, i.number, i.reference, i.authority_state,
    i.expected_final_by
  from submissions s
  join invoices i on i.tenant_id = s.tenant_id and i.id = s.invoice_id
  where s.overdue_at is null and i.expected_final_by < $1
  order by s.invoice_id
  limit $2
  for update of s skip locked
)
update submissions s
set overdue_at = $1
from late
where s.tenant_id = late.tenant_id and s.invoice_id = late.invoice_id
returning late.tenant_id, late.invoice_id, late.code, late.number, late.reference, late.authority_state,
  late.expected_final_by, s.attempts, s.request_id, s.traceparent
"""


class LateInvoice(Struct, frozen=True):
    """An invoice that is late, and under which request it was asked for."""

    tenant: TenantId
    invoice_id: UUID
    code: str | None
    number: str | None
    reference: str | None
    authority_state: str
    expected_final_by: datetime
    attempts: int
    request_id: str
    traceparent: str

    @property
    def correlation(self) -> Correlation:
        return Correlation(self.request_id, self.traceparent)


async def claim_overdue(tx: Tx, *, now: datetime, limit: int) -> list[LateInvoice]:
    """Each once."""
    rows = await tx.fetch(CLAIM_OVERDUE, now, limit)
    return [LateInvoice(*row) for row in rows]
