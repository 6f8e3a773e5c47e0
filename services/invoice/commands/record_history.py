"""Keep what changed in every invoice, and put it into chains of hashes."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from libs.common.consumer import Handler
from libs.common.db import Tx
from libs.common.events import Event
from services.invoice.domain.history import FIRST_HASH, Change, Entry, extend_chain, find_changes
from services.invoice.store.history import (
    add_entries,
    load_fields,
    load_heads,
    load_told,
    save_chains,
    take_entries,
)
from services.invoice.timeline_texts import describe

BATCH = 2000


def recorded(show: Handler) -> Handler:
    """`show`, after what its events change has been noted against what the views said before."""

    async def handle(tx: Tx, events: Sequence[Event[Any]], now: datetime) -> None:
        fields = await load_fields(tx, [(e.envelope.tenant, e.envelope.subject) for e in events])
        entries: list[Entry] = []
        for event in events:
            before = fields.setdefault(event.envelope.subject, {})
            changes = find_changes(before, event.payload)
            entries += [_entry(event, change) for change in changes]
            before.update({change.field: change.new for change in changes})
        if entries:
            await add_entries(tx, entries)
        await show(tx, events, now)

    return handle


def _entry(event: Event[Any], change: Change) -> Entry:
    envelope, payload = event.envelope, event.payload
    return Entry(
        tenant=envelope.tenant,
        invoice_id=envelope.subject,
        event_id=envelope.id,
        time=envelope.time,
        field=change.field,
        old=msgspec.json.encode(change.old).decode(),
        new=msgspec.json.encode(change.new).decode(),
        actor=describe(payload).actor or envelope.type.partition(".")[0],
        request_id=envelope.correlation.id,
        reason=getattr(payload, "reason", "") or getattr(payload, "last_error", ""),
    )


async def chain_history(tx: Tx) -> bool:
    """Move a batch from the backlog into the chains; says whether there is more to do at once.

    What a chain has already is dropped: views that are made anew from the first event tell everything again.
    """
    taken = await take_entries(tx, BATCH)
    if not taken:
        return False
    told = await load_told(tx, taken)
    entries = []
    for entry in taken:
        if (key := (entry.event_id, entry.field)) not in told:
            told.add(key)
            entries.append(entry)
    entries.sort(key=lambda entry: entry.tenant)  # stable: the order within a tenant stays
    heads = await load_heads(tx, {entry.tenant for entry in entries})
    chains = [
        extend_chain(*heads.get(tenant, (0, FIRST_HASH)), own)
        for tenant, own in groupby(entries, key=lambda entry: entry.tenant)
    ]
    await save_chains(tx, chains)
    return len(taken) == BATCH
