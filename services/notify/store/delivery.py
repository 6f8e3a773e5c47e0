"""SQL of deliveries: added, released by their documents, claimed by the sender, finished."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.deliveries import (
    MAILED_FORMATS,
    About,
    ClaimedDelivery,
    Document,
    InvoiceFacts,
    NewDelivery,
    VoidedInvoice,
)

ADD_DELIVERIES = """
insert into deliveries (
  tenant_id, id, invoice_id, channel, recipient, state, last_error, next_attempt_at, requested_by, correlation_id,
  traceparent, about, formats, created_at, updated_at
)
select
  d.tenant_id, d.id, d.invoice_id, d.channel, d.recipient,
  case
    when d.refusal is not null then 'failed'
    when d.about = 'void' or i.documents ?| coalesce(string_to_array(d.formats, ' '), '{pdf}') then 'pending'
    else 'waiting'
  end,
  d.refusal, $12, d.requested_by, d.correlation_id, d.traceparent, d.about, string_to_array(d.formats, ' '), $12, $12
from unnest(
  $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::text[]
) as d (
  tenant_id, id, invoice_id, channel, recipient, refusal, requested_by, correlation_id, traceparent, about, formats
)
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
"""
# `state = 'waiting'` would let the planner go through all that wait, once for every invoice.
RELEASE_DELIVERIES = """
update deliveries d
set state = 'pending', next_attempt_at = $3, updated_at = $3
from unnest($1::uuid[], $2::uuid[]) as ready (tenant_id, invoice_id)
join invoices i on i.tenant_id = ready.tenant_id and i.id = ready.invoice_id
where d.tenant_id = ready.tenant_id and d.invoice_id = ready.invoice_id
  and i.documents ?| coalesce(d.formats, '{pdf}')
  and d.state not in ('pending', 'sent', 'failed')
"""
# Until its lease ends nobody else takes a claimed delivery.
CLAIM_DELIVERIES = """
with due as (
  select tenant_id, id, invoice_id
  from deliveries
  where state = 'pending' and next_attempt_at <= $1
  order by next_attempt_at
  limit $3
  for update skip locked
)
update deliveries d
set attempts = d.attempts + 1, next_attempt_at = $2
from due
join invoices i on i.tenant_id = due.tenant_id and i.id = due.invoice_id
where d.tenant_id = due.tenant_id and d.id = due.id
returning
  d.tenant_id, d.id, d.invoice_id, d.channel, d.recipient, d.attempts, d.correlation_id, d.traceparent, d.about,
  d.formats, d.requested_by, i.voided_at is not null as is_voided, i.number, i.code, i.reference, i.seller_name,
  i.buyer_name, i.amount_with_tax, i.issued_at, i.email, i.documents
"""
# What another worker has finished meanwhile stays as it is. The lock makes a mail that is sent now and a void that
# comes now see each other.
FINISH_SENT = """
with invoice as (
  select voided_at
  from invoices
  where tenant_id = $1 and id = $5
  for share
)
update deliveries
set state = 'sent', sent_at = $3, message_id = $4, attached = $6, last_error = null, updated_at = $3
where tenant_id = $1 and id = $2 and state = 'pending'
returning (select voided_at from invoice) as voided_at
"""
LIST_TOLD = """
select distinct on (d.recipient) d.channel, d.recipient
from deliveries d
where d.tenant_id = $1 and d.invoice_id = $2 and d.state = 'sent' and d.about = 'invoice'
  and not exists (
    select
    from deliveries v
    where v.tenant_id = d.tenant_id and v.invoice_id = d.invoice_id and v.about = 'void' and v.recipient = d.recipient
  )
order by d.recipient
"""
FINISH_FAILED = """
update deliveries
set state = 'failed', last_error = $4, updated_at = $5
where tenant_id = $1 and id = $2 and state = 'pending' and attempts = $3
returning 1
"""
POSTPONE = """
update deliveries
set attempts = $4, last_error = $5, next_attempt_at = $6, updated_at = $7
where tenant_id = $1 and id = $2 and state = 'pending' and attempts = $3
"""


async def add_deliveries(tx: Tx, deliveries: Sequence[NewDelivery], *, now: datetime) -> None:
    """Add them, waiting or pending as their invoice has its documents or not, failed where the address is none."""
    rows = [
        (
            delivery.tenant,
            delivery.id,
            delivery.invoice_id,
            delivery.channel,
            delivery.recipient,
            delivery.refusal,
            delivery.requested_by,
            delivery.correlation_id,
            delivery.traceparent,
            delivery.about,
            None if delivery.formats is None else " ".join(delivery.formats),
        )
        for delivery in deliveries
    ]
    await tx.execute(ADD_DELIVERIES, *zip(*rows, strict=True), now)


async def release_deliveries(tx: Tx, invoices: Sequence[tuple[TenantId, UUID]], *, now: datetime) -> None:
    """What waited for documents that these invoices have now is due."""
    await tx.execute(RELEASE_DELIVERIES, *zip(*invoices, strict=True), now)


async def claim_deliveries(tx: Tx, *, now: datetime, lease: timedelta, limit: int) -> list[ClaimedDelivery]:
    """The longest due first; each is ours until the lease ends."""
    rows = await tx.fetch(CLAIM_DELIVERIES, now, now + lease, limit)
    return [_claimed(row) for row in rows]


def _claimed(row: Any) -> ClaimedDelivery:
    tenant, invoice_id = TenantId(row["tenant_id"]), row["invoice_id"]
    return ClaimedDelivery(
        tenant=tenant,
        id=row["id"],
        channel=row["channel"],
        recipient=row["recipient"],
        attempt=row["attempts"],
        correlation_id=row["correlation_id"],
        traceparent=row["traceparent"],
        invoice=InvoiceFacts(
            tenant=tenant,
            id=invoice_id,
            number=row["number"],
            reference=row["reference"],
            seller_name=row["seller_name"],
            buyer_name=row["buyer_name"],
            amount_with_tax=row["amount_with_tax"],
            issued_at=row["issued_at"],
            email=row["email"],
            code=row["code"],
        ),
        requested_by=row["requested_by"],
        documents=_wanted(row),
        about=About(row["about"]),
        is_voided=row["is_voided"],
    )


def _wanted(row: Any) -> tuple[Document, ...]:
    """What is there of what is to be sent."""
    documents = msgspec.json.decode(row["documents"], type=dict[str, Document])
    wanted = MAILED_FORMATS if row["formats"] is None else row["formats"]
    return tuple(document for name, document in documents.items() if name in wanted)


class Sent(NamedTuple):
    """`voided_at`: when the invoice was voided meanwhile, if it was."""

    voided_at: datetime | None


async def finish_sent(
    tx: Tx, delivery: ClaimedDelivery, message_id: str, attached: Sequence[str], *, now: datetime
) -> Sent | None:
    """None if it was finished before."""
    key = (delivery.tenant, delivery.id)
    row = await tx.fetchrow(FINISH_SENT, *key, now, message_id, delivery.invoice.id, attached)
    return None if row is None else Sent(row["voided_at"])


async def list_told(tx: Tx, voided: VoidedInvoice, make_id: Callable[[], UUID]) -> list[NewDelivery]:
    """The mails about a void to those who have got the invoice and do not know yet."""
    rows = await tx.fetch(LIST_TOLD, voided.tenant, voided.id)
    return [
        NewDelivery(
            tenant=voided.tenant,
            id=make_id(),
            invoice_id=voided.id,
            channel=row["channel"],
            recipient=row["recipient"],
            requested_by="invoice",
            correlation_id=voided.correlation_id,
            traceparent=voided.traceparent,
            about=About.VOID,
        )
        for row in rows
    ]


async def finish_failed(tx: Tx, delivery: ClaimedDelivery, reason: str, *, now: datetime) -> bool:
    """False if it was finished before or somebody else has it now."""
    row = (delivery.tenant, delivery.id, delivery.attempt, reason, now)
    return await tx.fetchval(FINISH_FAILED, *row) is not None


async def postpone(
    tx: Tx, delivery: ClaimedDelivery, reason: str, *, until: datetime, is_counted: bool, now: datetime
) -> None:
    """Try again at `until`; an attempt that never reached the server does not count."""
    attempts = delivery.attempt if is_counted else delivery.attempt - 1
    await tx.execute(POSTPONE, delivery.tenant, delivery.id, delivery.attempt, attempts, reason, until, now)
