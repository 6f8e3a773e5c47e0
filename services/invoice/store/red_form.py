"""Red-letter forms: one row holds the form and what is open with the bureau about it."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TaxpayerId, TenantId
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.invoice import AuthorityError, InvoiceLine, Totals
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.domain.red_form import LIVE, Initiator, RedForm, RedFormState
from services.invoice.domain.red_reasons import RedReason
from services.invoice.domain.stored_red_form import StoredRedForm, Task
from services.invoice.errors import RedFormNotFound


class _Content(Struct, frozen=True):
    """What the form says: never changes."""

    lines: tuple[InvoiceLine, ...]
    totals: Totals
    remarks: str
    drawer: str


class Reading(NamedTuple):
    """How far a taxpayer's list at the bureau has been read (empty at first), and when something last happened."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    seller: str
    cursor: str
    active_at: datetime


LOAD_RED_FORM = """
select tenant_id, taxpayer_id, actor, request_id, traceparent, request_key, replacement, task, attempts, id, state,
  initiator, invoice_id, invoice_number, reason, content, expires_at, confirmation_number, uuid, red_invoice_id,
  replacement_id, last_error, created_at, updated_at, version
from red_forms
where tenant_id = $1 and id = $2
"""
LOAD_RED_FORM_LOCKED = f"{LOAD_RED_FORM}for update\n"
FIND_REQUESTED = "select id from red_forms where tenant_id = $1 and request_key = $2"
LOAD_TAKEN_LINES = """
select content -> 'lines' as lines
from red_forms
where tenant_id = $1 and invoice_id = $2 and state = any($3::text[])
"""
LOAD_RED_LINES = """
select content -> 'lines' as lines
from invoices
where tenant_id = $1 and blue_id = $2 and status = 'issued'
"""
INSERT_RED_FORM = """
insert into red_forms (
  tenant_id, id, taxpayer_id, invoice_id, invoice_number, state, initiator, reason, content, last_error,
  confirmation_number, uuid, red_invoice_id, replacement_id, replacement, request_key, actor, request_id, traceparent,
  expires_at, created_at, updated_at, version, task, next_attempt_at
)
values (
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $22
)
on conflict do nothing
"""
UPDATE_RED_FORM = """
update red_forms
set state = $3, last_error = $4, confirmation_number = $5, uuid = $6, red_invoice_id = $7, replacement_id = $8,
    replacement = $9, expires_at = $10, updated_at = $11, version = $12, task = $13, next_attempt_at = $14,
    attempts = $15, claimed_until = null
where tenant_id = $1 and id = $2
"""
# What another form of the invoice gives back must be known to the bureau before this one is applied for.
CLAIM_RED_FORMS = """
update red_forms f
set claimed_until = $3, attempts = f.attempts + 1
from (
  select due.tenant_id, due.id
  from red_forms due
  where next_attempt_at <= $1 and (claimed_until is null or claimed_until < $1)
    and not (
      task is not distinct from 'apply'
      and exists (
        select from red_forms o
        where o.tenant_id = due.tenant_id and o.invoice_id = due.invoice_id and o.task in ('revoke', 'reject')
      )
    )
  order by next_attempt_at
  limit $2
  for update skip locked
) due
where f.tenant_id = due.tenant_id and f.id = due.id
returning f.tenant_id, f.id
"""
CLAIM_READINGS = """
with due as (
  select tenant_id, taxpayer_id
  from connectors
  where forms_due_at <= $1
  order by forms_due_at
  limit $3
  for update skip locked
)
update connectors c
set forms_due_at = $2
from due
join taxpayers t on t.tenant_id = due.tenant_id and t.id = due.taxpayer_id
left join red_form_cursors r on r.tenant_id = due.tenant_id and r.taxpayer_id = due.taxpayer_id
where c.tenant_id = due.tenant_id and c.taxpayer_id = due.taxpayer_id
returning c.tenant_id, c.taxpayer_id, t.tax_id, coalesce(r.cursor, ''), c.forms_active_at
"""
# Unless it was hastened while it was read.
FINISH_READING = """
update connectors
set forms_active_at = greatest(forms_active_at, $4),
  forms_due_at = case forms_due_at when $3 then $5 else forms_due_at end
where tenant_id = $1 and taxpayer_id = $2
"""
SAVE_CURSOR = """
insert into red_form_cursors (tenant_id, taxpayer_id, cursor)
values ($1, $2, $3)
on conflict (tenant_id, taxpayer_id) do update set cursor = excluded.cursor
"""


async def load_red_form(tx: Tx, tenant: TenantId, form_id: UUID, *, is_locked: bool = False) -> StoredRedForm:
    """Raises RedFormNotFound."""
    row = await tx.fetchrow(LOAD_RED_FORM_LOCKED if is_locked else LOAD_RED_FORM, tenant, form_id)
    if row is None:
        raise RedFormNotFound
    return _stored(row)


async def find_requested(tx: Tx, tenant: TenantId, request_key: str) -> StoredRedForm | None:
    """The form that the same request has made before."""
    form_id = await tx.fetchval(FIND_REQUESTED, tenant, request_key)
    return None if form_id is None else await load_red_form(tx, tenant, form_id)


async def load_taken_lines(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> tuple[InvoiceLine, ...]:
    """The red lines of all live forms of a blue invoice, used ones included; lock the invoice first."""
    rows = await tx.fetch(LOAD_TAKEN_LINES, tenant, invoice_id, sorted(LIVE))
    return tuple(line for row in rows for line in decode(row["lines"], tuple[InvoiceLine, ...]))


async def load_red_lines(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> tuple[InvoiceLine, ...]:
    """The lines of its issued red invoices."""
    rows = await tx.fetch(LOAD_RED_LINES, tenant, invoice_id)
    return tuple(line for row in rows for line in decode(row["lines"], tuple[InvoiceLine, ...]))


async def insert_red_form(tx: Tx, stored: StoredRedForm) -> bool:
    """False if the same request, or the bureau's list, has made it already."""
    form = stored.form
    content = _Content(form.lines, form.totals, form.remarks, form.drawer)
    status = await tx.execute(
        INSERT_RED_FORM,
        stored.tenant,
        form.id,
        stored.taxpayer_id,
        form.invoice_id,
        form.invoice_number,
        form.state,
        form.initiator,
        form.reason,
        encode(content).decode(),
        _text(form.last_error),
        form.confirmation_number,
        form.uuid,
        form.red_invoice_id,
        form.replacement_id,
        _text(stored.replacement),
        stored.request_key,
        stored.actor,
        stored.correlation.id,
        stored.correlation.traceparent,
        form.expires_at,
        form.created_at,
        form.updated_at,
        form.version,
        stored.task,
    )
    return bool(status == "INSERT 0 1")


async def update_red_form(tx: Tx, stored: StoredRedForm, *, next_attempt_at: datetime | None) -> None:
    """Save a step of a locked form, and when the bureau is spoken to next (None: never)."""
    form = stored.form
    await tx.execute(
        UPDATE_RED_FORM,
        stored.tenant,
        form.id,
        form.state,
        _text(form.last_error),
        form.confirmation_number,
        form.uuid,
        form.red_invoice_id,
        form.replacement_id,
        _text(stored.replacement),
        form.expires_at,
        form.updated_at,
        form.version,
        stored.task,
        next_attempt_at,
        stored.attempts,
    )


async def claim_red_forms(tx: Tx, *, now: datetime, until: datetime, limit: int) -> list[StoredRedForm]:
    """What is due, leased `until` then."""
    rows = await tx.fetch(CLAIM_RED_FORMS, now, limit, until)
    return [await load_red_form(tx, row["tenant_id"], row["id"]) for row in rows]


async def claim_readings(tx: Tx, *, now: datetime, until: datetime, limit: int) -> list[Reading]:
    """Taxpayers whose lists at the bureau are due, the longest waiting first, leased `until` then."""
    return [Reading(*row) for row in await tx.fetch(CLAIM_READINGS, now, until, limit)]


async def finish_reading(
    tx: Tx, reading: Reading, *, leased: datetime, active_at: datetime, due_at: datetime
) -> None:
    """The list has been read to its end."""
    await tx.execute(FINISH_READING, reading.tenant, reading.taxpayer_id, leased, active_at, due_at)


async def save_cursor(tx: Tx, reading: Reading, cursor: str) -> None:
    await tx.execute(SAVE_CURSOR, reading.tenant, reading.taxpayer_id, cursor)


def _text(value: object | None) -> str | None:
    return None if value is None else encode(value).decode()


def read_form(row: Any) -> RedForm:
    """Of a row with the columns of LOAD_RED_FORM."""
    content = decode(row["content"], _Content)
    return RedForm(
        id=row["id"],
        state=RedFormState(row["state"]),
        initiator=Initiator(row["initiator"]),
        invoice_id=row["invoice_id"],
        invoice_number=row["invoice_number"],
        reason=RedReason(row["reason"]),
        lines=content.lines,
        totals=content.totals,
        remarks=content.remarks,
        drawer=content.drawer,
        expires_at=row["expires_at"],
        confirmation_number=row["confirmation_number"],
        uuid=row["uuid"],
        red_invoice_id=row["red_invoice_id"],
        replacement_id=row["replacement_id"],
        last_error=decode(row["last_error"], AuthorityError) if row["last_error"] else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )


def _stored(row: Any) -> StoredRedForm:
    return StoredRedForm(
        tenant=row["tenant_id"],
        taxpayer_id=row["taxpayer_id"],
        actor=row["actor"],
        correlation=Correlation(row["request_id"], row["traceparent"]),
        request_key=row["request_key"],
        form=read_form(row),
        replacement=decode(row["replacement"], IssueInvoice) if row["replacement"] else None,
        task=Task(row["task"]) if row["task"] else None,
        attempts=row["attempts"],
    )
