"""Carry out what support asks for: a copy to known contacts, and word of it to the tenant and its owners."""

from collections.abc import Sequence
from datetime import datetime

from libs.common.db import Tx
from libs.common.ids import new_id
from libs.common.outbox import append_many
from services.notify.domain.copies import OWNERS, CopyRequest
from services.notify.errors import unknown_invoice
from services.notify.events import delivery_failed
from services.notify.store.delivery import add_deliveries
from services.notify.store.inbox import save_messages
from services.notify.store.invoice import load_facts, lock_invoice
from services.notify.store.notice import add_notices
from services.notify.store.user import list_owners


async def send_copies(tx: Tx, requests: Sequence[CopyRequest], *, now: datetime) -> None:
    """Raises NotFound where the invoice has not come yet: the consumer tries again."""
    for request in requests:
        await _send_copy(tx, request, now=now)


async def _send_copy(tx: Tx, request: CopyRequest, *, now: datetime) -> None:
    """To addresses that are bound to something already; an agent never gives one."""
    tenant = request.occasion.tenant
    invoice = await lock_invoice(tx, tenant, request.invoice)
    if invoice is None:
        raise unknown_invoice()
    owners = await list_owners(tx, tenant)
    recipients = [owner.email or "" for owner in owners] if request.to == OWNERS else [invoice.email]
    deliveries = [request.delivery(new_id(), recipient) for recipient in recipients or [""]]
    await add_deliveries(tx, deliveries, now=now)
    refused = [each for each in deliveries if each.refusal is not None]
    if refused:
        facts = await load_facts(tx, tenant, request.invoice)
        await append_many(tx, [delivery_failed(facts, each, each.refusal or "") for each in refused], now=now)
    message = request.message(recipients)
    await save_messages(tx, [message])
    to = [owner.id for owner in owners]
    await add_notices(tx, message, request.invoice, due_at=request.occasion.time, to=to)
