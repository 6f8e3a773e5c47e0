"""Intent rows: what is still to be told to, or asked of, the authority."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.store.connector import Line


class Submission(Struct, frozen=True):
    """One invoice's open business with the authority.

    `serial` never changes: it makes repeats harmless. `ask_first`: the authority may have it already.
    """

    tenant: TenantId
    invoice_id: UUID
    taxpayer_id: TaxpayerId
    serial: str
    attempts: int
    ask_first: bool
    correlation: Correlation


class Reschedule(Struct, frozen=True):
    """When to try again, and whether to ask before anything is sent."""

    submission: Submission
    next_attempt_at: datetime
    ask_first: bool


CLAIM_SUBMISSIONS = """
update submissions s
set claimed_until = $5, attempts = s.attempts + 1
from unnest($1::uuid[], $2::uuid[], $3::integer[]) as line (tenant_id, taxpayer_id, most)
cross join lateral (
  select w.tenant_id, w.invoice_id
  from submissions w
  where w.tenant_id = line.tenant_id and w.taxpayer_id = line.taxpayer_id and w.next_attempt_at <= $4
    and (w.claimed_until is null or w.claimed_until < $4)
  order by w.next_attempt_at
  limit line.most
  for update skip locked
) due
where s.tenant_id = due.tenant_id and s.invoice_id = due.invoice_id
returning s.tenant_id, s.invoice_id, s.taxpayer_id, s.serial, s.attempts, s.ask_first, s.request_id, s.traceparent
"""
RESCHEDULE = """
update submissions
set next_attempt_at = $3, ask_first = $4, claimed_until = null
where tenant_id = $1 and invoice_id = $2
"""
# The authority keeps a refused serial for ever: the number goes again under a new one.
RESUBMIT = """
with invoice as (
  update invoices
  set authority_state = $3, authority_updated_at = $4, last_error = null, version = $5, expected_final_by = $6
  where tenant_id = $1 and id = $2
  returning taxpayer_id
),
backlog as (
  insert into view_backlog (tenant_id, invoice_id, changed_at) values ($1, $2, $4)
)
insert into submissions (tenant_id, invoice_id, taxpayer_id, serial, request_id, traceparent, next_attempt_at)
select $1, $2, taxpayer_id, $7, $8, $9, $4
from invoice
"""
HASTEN_SUBMISSIONS = """
update submissions
set next_attempt_at = $3
where tenant_id = $1 and taxpayer_id = $2 and next_attempt_at > $3
"""
DELETE_SUBMISSIONS = """
delete from submissions s
using unnest($1::uuid[], $2::uuid[]) as done (tenant_id, invoice_id)
where s.tenant_id = done.tenant_id and s.invoice_id = done.invoice_id
"""


async def claim_submissions(
    tx: Tx, lines: Sequence[Line], *, now: datetime, until: datetime, most: int
) -> list[Submission]:
    """What is due in these lines, `most` of each; a closed line lets one through, to see whether it opens.

    Leased `until` then: a worker that dies is followed by another.
    """
    counts = [1 if line.connector.is_closed else most for line in lines]
    tenants, taxpayers = [line.tenant for line in lines], [line.taxpayer_id for line in lines]
    rows = await tx.fetch(CLAIM_SUBMISSIONS, tenants, taxpayers, counts, now, until)
    return [_submission(row) for row in rows]


def _submission(row: Any) -> Submission:
    tenant, invoice_id, taxpayer_id, serial, attempts, ask_first, request_id, traceparent = row
    correlation = Correlation(request_id, traceparent)
    return Submission(tenant, invoice_id, taxpayer_id, serial, attempts, ask_first, correlation)


async def resubmit(tx: Tx, stored: StoredInvoice, correlation: Correlation, *, now: datetime) -> None:
    """A refused upload, as `stored` says it is now, is due again."""
    invoice = stored.invoice
    serial = f"{invoice.id.hex}-{invoice.version}"
    state, until = invoice.authority.state, invoice.expected_final_by
    await tx.execute(
        RESUBMIT,
        stored.tenant,
        invoice.id,
        state,
        now,
        invoice.version,
        until,
        serial,
        correlation.id,
        correlation.traceparent,
    )


async def hasten_submissions(tx: Tx, line: Line, *, by: datetime) -> None:
    """Nothing of the line waits longer than that."""
    await tx.execute(HASTEN_SUBMISSIONS, line.tenant, line.taxpayer_id, by)


async def reschedule_submissions(tx: Tx, items: Sequence[Reschedule]) -> None:
    """Give the lease back with the time of the next attempt."""
    await tx.executemany(
        RESCHEDULE,
        [
            (
                item.submission.tenant,
                item.submission.invoice_id,
                item.next_attempt_at,
                item.ask_first,
            )
            for item in items
        ],
    )


async def delete_submissions(tx: Tx, done: Sequence[Submission]) -> None:
    """The authority's word is final."""
    await tx.execute(DELETE_SUBMISSIONS, [item.tenant for item in done], [item.invoice_id for item in done])
