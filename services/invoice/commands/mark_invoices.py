"""Tag and annotate invoices; what is printed on them stays as it is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.context import current_correlation
from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.outbox import NewEvent, append, append_many
from services.invoice.domain.invoice import Note
from services.invoice.domain.marks import Marked, annotate, retag
from services.invoice.events import invoice_noted, invoice_tagged
from services.invoice.store.mark import load_marked_locked, save_marked


class TagInvoices(Struct, frozen=True, kw_only=True):
    """`add` and `remove` apply to every one of `ids`."""

    tenant: TenantId
    actor: str
    ids: Sequence[UUID]
    add: Sequence[str] = ()
    remove: Sequence[str] = ()


class NoteInvoice(Struct, frozen=True, kw_only=True):
    tenant: TenantId
    actor: str
    id: UUID
    text: str


async def tag_invoices(tx: Tx, command: TagInvoices, *, now: datetime) -> int:
    """How many have changed; all or none. Raises InvoiceNotFound for a foreign id, Invalid for too many tags."""
    return await _change_tags(
        tx, command, lambda marked: retag(marked, add=command.add, remove=command.remove), now
    )


async def set_tags(tx: Tx, command: TagInvoices, *, now: datetime) -> int:
    """The tags become `add` in that order, whatever they were."""
    return await _change_tags(
        tx, command, lambda marked: retag(marked, add=command.add, remove=marked.tags), now
    )


async def _change_tags(
    tx: Tx, command: TagInvoices, change: Callable[[Marked], Marked], now: datetime
) -> int:
    before = await load_marked_locked(tx, command.tenant, command.ids)
    pairs = [(old, new) for old in before if (new := change(old)) is not old]
    if pairs:
        await save_marked(tx, command.tenant, [new for _, new in pairs], now=now)
        correlation = current_correlation()
        events = [
            NewEvent(command.tenant, new.id, invoice_tagged(old, new, command.actor), correlation)
            for old, new in pairs
        ]
        await append_many(tx, events, now=now)
    return len(pairs)


async def note_invoice(tx: Tx, command: NoteInvoice, *, now: datetime) -> None:
    """Raises InvoiceNotFound, or Invalid for one note too many."""
    (marked,) = await load_marked_locked(tx, command.tenant, [command.id])
    noted = annotate(marked, Note(command.text, command.actor, now))
    await save_marked(tx, command.tenant, [noted], now=now)
    event = invoice_noted(noted)
    await append(tx, event, tenant=command.tenant, subject=command.id, now=now)
