"""Counters of failed sign-ins, by account, source and hour."""

from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.auth.domain.failures import hour_of, source_of

COUNT_FAILURE = """
insert into failed_sign_ins (tenant_id, subject, source, hour, failures)
values ($1, $2, $3, $4, 1)
on conflict (tenant_id, subject, source, hour) do update set failures = failed_sign_ins.failures + 1
returning failures
"""
NOBODY = UUID(int=0)


async def count_failure(
    tx: Tx, tenant: TenantId, subject: UUID | None, address: str, *, now: datetime
) -> int:
    """How many there have been of this account from this source in this hour, with this one."""
    key = (tenant, subject or NOBODY, source_of(address), hour_of(now))
    failures: int = await tx.fetchval(COUNT_FAILURE, *key)
    return failures


PRUNE_FAILURES = """
delete from failed_sign_ins
where (tenant_id, subject, source, hour) in (
  select tenant_id, subject, source, hour from failed_sign_ins where hour < $1 order by hour limit 5000
)
"""


async def prune_failures(tx: Tx, before: datetime) -> bool:
    """A bounded batch of counters of hours that are over; True while there may be more."""
    return (await tx.execute(PRUNE_FAILURES, before)) == "DELETE 5000"
