"""Each taxpayer's line to the authority: its state, whose turn it is, and when numbers and quota are due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.connector import Connector, ConnectorState
from services.invoice.store.taxpayer import Taxpayer

INSERT_CONNECTOR = """
insert into connectors (
  tenant_id, taxpayer_id, since, next_attempt_at, numbers_due_at, quota_due_at, forms_active_at, forms_due_at
)
values ($1, $2, $3, $3, $3, $3, $3, $3)
"""
# The taxpayers that have something open are found by leaps through the index, not by reading every submission.
CLAIM_LINES = """
with recursive waiting as (
  (select tenant_id, taxpayer_id from submissions order by tenant_id, taxpayer_id limit 1)
  union all
  select next.tenant_id, next.taxpayer_id
  from waiting w
  cross join lateral (
    select s.tenant_id, s.taxpayer_id
    from submissions s
    where (s.tenant_id, s.taxpayer_id) > (w.tenant_id, w.taxpayer_id)
    order by s.tenant_id, s.taxpayer_id
    limit 1
  ) next
),
free as (
  select c.tenant_id, c.taxpayer_id
  from waiting w
  join connectors c on c.tenant_id = w.tenant_id and c.taxpayer_id = w.taxpayer_id
  where c.next_attempt_at <= $1
    and (c.claimed_until is null or c.claimed_until < $1)
    and exists (
      select
      from submissions s
      where s.tenant_id = c.tenant_id and s.taxpayer_id = c.taxpayer_id and s.next_attempt_at <= $1
        and (s.claimed_until is null or s.claimed_until < $1)
    )
  order by c.next_attempt_at
  limit $3
  for update of c skip locked
)
update connectors c
set claimed_until = $2
from free
where c.tenant_id = free.tenant_id and c.taxpayer_id = free.taxpayer_id
returning c.tenant_id, c.taxpayer_id, c.state, c.since, c.failures, c.last_error, c.next_attempt_at
"""
# What was sent may have used numbers and quota, and buyers may answer it: all three are looked at again soon.
# Whose lease is over says nothing: another worker has the line, or has had it.
RELEASE_LINE = """
update connectors
set state = $3, since = $4, failures = $5, last_error = $6, next_attempt_at = $7, claimed_until = null,
  numbers_due_at = least(numbers_due_at, $8), quota_due_at = least(quota_due_at, $8),
  forms_due_at = least(forms_due_at, $8), forms_active_at = $8
where tenant_id = $1 and taxpayer_id = $2 and claimed_until = $9
"""
CLAIM_NUMBERS_DUE = """
with due as (
  select tenant_id, taxpayer_id
  from connectors
  where numbers_due_at <= $1
  order by numbers_due_at
  limit $3
  for update skip locked
)
update connectors c
set numbers_due_at = $2
from due
where c.tenant_id = due.tenant_id and c.taxpayer_id = due.taxpayer_id
returning c.tenant_id, c.taxpayer_id
"""
CLAIM_QUOTA_DUE = """
with due as (
  select tenant_id, taxpayer_id
  from connectors
  where quota_due_at <= $1
  order by quota_due_at
  limit $3
  for update skip locked
)
update connectors c
set quota_due_at = $2
from due
join taxpayers t on t.tenant_id = due.tenant_id and t.id = due.taxpayer_id
where c.tenant_id = due.tenant_id and c.taxpayer_id = due.taxpayer_id
returning c.tenant_id, c.taxpayer_id, t.tax_id
"""
LIST_CONNECTORS = """
select taxpayer_id, state, since, failures, last_error, next_attempt_at
from connectors
where tenant_id = $1
"""


class Line(Struct, frozen=True):
    """One taxpayer's business with the authority, claimed for a round; `leased` until then."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    connector: Connector
    leased: datetime


class Due(NamedTuple):
    tenant: TenantId
    taxpayer_id: TaxpayerId


class QuotaDue(NamedTuple):
    tenant: TenantId
    taxpayer_id: TaxpayerId
    seller_tax_id: str


async def insert_connector(tx: Tx, taxpayer: Taxpayer, *, now: datetime) -> None:
    """A new taxpayer's: numbers, quota and the list of forms are due at once."""
    await tx.execute(INSERT_CONNECTOR, taxpayer.tenant, taxpayer.id, now)


async def claim_lines(tx: Tx, *, now: datetime, until: datetime, limit: int) -> list[Line]:
    """Lines with something due, each for one worker at a time, leased `until` then."""
    rows = await tx.fetch(CLAIM_LINES, now, until, limit)
    return [Line(row["tenant_id"], row["taxpayer_id"], _connector(row), until) for row in rows]


async def release_line(tx: Tx, line: Line, after: Connector, *, now: datetime) -> bool:
    """Give the line back as it stands after the round; False, and nothing changes, if the lease was lost."""
    status = await tx.execute(
        RELEASE_LINE,
        line.tenant,
        line.taxpayer_id,
        after.state,
        after.since,
        after.failures,
        after.last_error,
        after.next_attempt_at,
        now,
        line.leased,
    )
    return bool(status == "UPDATE 1")


async def claim_numbers_due(tx: Tx, *, now: datetime, again_at: datetime, limit: int) -> Sequence[Due]:
    """Taxpayers whose stock is to be looked at; their rows stay locked until the transaction ends."""
    return [Due(*row) for row in await tx.fetch(CLAIM_NUMBERS_DUE, now, again_at, limit)]


async def claim_quota_due(tx: Tx, *, now: datetime, again_at: datetime, limit: int) -> Sequence[QuotaDue]:
    """Taxpayers whose quota is to be asked for, the longest waiting first."""
    return [QuotaDue(*row) for row in await tx.fetch(CLAIM_QUOTA_DUE, now, again_at, limit)]


async def load_connectors(tx: Tx, tenant: TenantId) -> dict[TaxpayerId, Connector]:
    """How the tenant's taxpayers stand with the authority."""
    return {row["taxpayer_id"]: _connector(row) for row in await tx.fetch(LIST_CONNECTORS, tenant)}


def _connector(row: Any) -> Connector:
    return Connector(
        ConnectorState(row["state"]),
        row["since"],
        row["failures"],
        row["last_error"],
        row["next_attempt_at"],
    )
