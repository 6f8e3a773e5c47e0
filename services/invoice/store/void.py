"""Voids: one row holds the wish and what is open with the authority about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.invoice import AuthorityError, AuthorityState
from services.invoice.domain.red_form import LIVE
from services.invoice.domain.void_authority import VoidOrder
from services.invoice.domain.voiding import Void, VoidState


class DueVoid(Struct, frozen=True):
    """A claimed void; the authority holds the invoice, or has refused its upload."""

    void: Void
    order: VoidOrder
    is_refused: bool


HAS_OPEN_FORM = """
select exists (select from red_forms where tenant_id = $1 and invoice_id = $2 and state = any($3::text[]))
"""
LOAD_VOID = """
select tenant_id, id, taxpayer_id, invoice_id, state, reason, actor, request_id, traceparent, requested_at, last_error,
  attempts
from voids
where tenant_id = $1 and id = $2
"""
LOAD_VOID_LOCKED = f"{LOAD_VOID}for update\n"
FIND_OPEN_VOID = "select id from voids where tenant_id = $1 and invoice_id = $2 and state = 'requested'"
INSERT_VOID = """
with changed as (
  update invoices
  set version = version + 1
  where tenant_id = $1 and id = $4
)
insert into voids (
  tenant_id, id, taxpayer_id, invoice_id, state, reason, actor, request_id, traceparent, requested_at, next_attempt_at
)
values ($1, $2, $3, $4, 'requested', $5, $6, $7, $8, $9, $9)
"""
# An upload that is under way comes first, and so does the word that a red-letter form is given up.
CLAIM_VOIDS = """
update voids v
set claimed_until = $2, attempts = v.attempts + 1
from (
  select w.tenant_id, w.id, i.code, i.number, i.authority_state, t.tax_id
  from voids w
  join invoices i on i.tenant_id = w.tenant_id and i.id = w.invoice_id
  join taxpayers t on t.tenant_id = w.tenant_id and t.id = w.taxpayer_id
  where w.state = 'requested' and w.next_attempt_at <= $1 and (w.claimed_until is null or w.claimed_until < $1)
    and i.authority_state in ('confirmed', 'refused')
    and not exists (
      select from red_forms f where f.tenant_id = w.tenant_id and f.invoice_id = w.invoice_id and f.task is not null
    )
  order by w.next_attempt_at
  limit $3
  for update of w skip locked
) due
where v.tenant_id = due.tenant_id and v.id = due.id
returning v.tenant_id, v.id, v.taxpayer_id, v.invoice_id, v.state, v.reason, v.actor, v.request_id, v.traceparent,
  v.requested_at, v.last_error, v.attempts, due.tax_id, due.code, due.number, due.authority_state
"""
POSTPONE_VOID = """
update voids
set next_attempt_at = $3, claimed_until = null
where tenant_id = $1 and id = $2 and state = 'requested'
"""
SETTLE_VOID = """
update voids
set state = $3, last_error = $4, settled_at = $5, claimed_until = null
where tenant_id = $1 and id = $2
"""
COUNT_CHANGE = "update invoices set version = version + 1 where tenant_id = $1 and id = $2"


async def has_open_form(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> bool:
    """Whether a red-letter form holds something of the invoice; lock the invoice first."""
    is_open: bool = await tx.fetchval(HAS_OPEN_FORM, tenant, invoice_id, sorted(LIVE))
    return is_open


async def load_void(tx: Tx, tenant: TenantId, void_id: UUID, *, is_locked: bool = False) -> Void:
    """One that is known to exist."""
    return _void(await tx.fetchrow(LOAD_VOID_LOCKED if is_locked else LOAD_VOID, tenant, void_id))


async def find_open_void(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> Void | None:
    """What the authority has not decided yet about the invoice; lock the invoice first."""
    void_id = await tx.fetchval(FIND_OPEN_VOID, tenant, invoice_id)
    return None if void_id is None else await load_void(tx, tenant, void_id)


async def insert_void(tx: Tx, void: Void) -> None:
    """A new wish about a locked invoice, due at once."""
    await tx.execute(
        INSERT_VOID,
        void.tenant,
        void.id,
        void.taxpayer_id,
        void.invoice_id,
        void.reason,
        void.actor,
        void.correlation.id,
        void.correlation.traceparent,
        void.requested_at,
    )


async def claim_voids(tx: Tx, *, now: datetime, until: datetime, limit: int) -> list[DueVoid]:
    """What is due, leased `until` then: a worker that dies is followed by another."""
    return [_due(row) for row in await tx.fetch(CLAIM_VOIDS, now, until, limit)]


async def postpone_void(tx: Tx, void: Void, *, until: datetime) -> None:
    """The authority gave no answer."""
    await tx.execute(POSTPONE_VOID, void.tenant, void.id, until)


async def settle_void(
    tx: Tx, void: Void, state: VoidState, error: AuthorityError | None, *, now: datetime
) -> None:
    """The authority's word on a locked void."""
    content = None if error is None else encode(error).decode()
    await tx.execute(SETTLE_VOID, void.tenant, void.id, state, content, now)


async def count_change(tx: Tx, void: Void) -> None:
    """The locked invoice is shown without its void again."""
    await tx.execute(COUNT_CHANGE, void.tenant, void.invoice_id)


def _due(row: Any) -> DueVoid:
    order = VoidOrder(row["tax_id"], row["code"], row["number"])
    return DueVoid(_void(row), order, row["authority_state"] == AuthorityState.REFUSED)


def _void(row: Any) -> Void:
    return Void(
        tenant=row["tenant_id"],
        id=row["id"],
        taxpayer_id=row["taxpayer_id"],
        invoice_id=row["invoice_id"],
        actor=row["actor"],
        reason=row["reason"],
        correlation=Correlation(row["request_id"], row["traceparent"]),
        requested_at=row["requested_at"],
        state=VoidState(row["state"]),
        attempts=row["attempts"],
        last_error=decode(row["last_error"], AuthorityError) if row["last_error"] else None,
    )
