"""Intent rows: what is still to be told to, or asked of, the authority."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import TenantId


class Submission(Struct, frozen=True):
    """One invoice's open business with the authority.

    `serial` never changes: it makes repeats harmless. `ask_first`: the authority may have it already.
    """

    tenant: TenantId
    invoice_id: UUID
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
set claimed_until = $3, attempts = s.attempts + 1
from (
  select tenant_id, invoice_id
  from submissions
  where next_attempt_at <= $1 and (claimed_until is null or claimed_until < $1)
  order by next_attempt_at
  limit $2
  for update skip locked
) due
where s.tenant_id = due.tenant_id and s.invoice_id = due.invoice_id
returning s.tenant_id, s.invoice_id, s.serial, s.attempts, s.ask_first, s.request_id, s.traceparent
"""
RESCHEDULE = """
update submissions
set next_attempt_at = $3, ask_first = $4, claimed_until = null
where tenant_id = $1 and invoice_id = $2
"""
DELETE_SUBMISSIONS = """
delete from submissions s
using unnest($1::uuid[], $2::uuid[]) as done (tenant_id, invoice_id)
where s.tenant_id = done.tenant_id and s.invoice_id = done.invoice_id
"""


async def claim_submissions(tx: Tx, *, now: datetime, until: datetime, limit: int) -> list[Submission]:
    """What is due, leased `until` then: a worker that dies is followed by another."""
    rows = await tx.fetch(CLAIM_SUBMISSIONS, now, limit, until)
    return [_submission(row) for row in rows]


def _submission(row: Any) -> Submission:
    tenant, invoice_id, serial, attempts, ask_first, request_id, traceparent = row
    correlation = Correlation(request_id, traceparent)
    return Submission(tenant, invoice_id, serial, attempts, ask_first, correlation)


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
