"""What of an invoice an event changes, and the chain of hashes that shows whether a row was changed or taken away."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339

FIRST_HASH = bytes(32)
_FIELDS = ("status", "code", "number", "authority_state", "reversal")


class Change(Struct, frozen=True):
    """One field: JSON values before and after."""

    field: str
    old: Any
    new: Any


class Entry(Struct, frozen=True):
    """A change with who made it; `old` and `new` are JSON texts."""

    tenant: UUID
    invoice_id: UUID
    event_id: UUID
    time: datetime
    field: str
    old: str
    new: str
    actor: str
    request_id: str
    reason: str


class Link(Struct, frozen=True):
    """An entry in its place of the tenant's chain; positions count from 1."""

    position: int
    hash: bytes
    entry: Entry


def find_changes(before: dict[str, Any], payload: Any) -> list[Change]:
    """Of one event of this service, given the invoice's fields before it (none for a new one)."""
    after = {name: getattr(payload, name, None) for name in _FIELDS}
    after |= {"authority_state": state} if (state := _STATES.get(payload.TYPE)) else {}
    after |= {"status": status} if (status := _STATUSES.get(payload.TYPE)) else {}
    if payload.TYPE == "invoice.tagged.v1":
        after["tags"] = list(payload.tags)
    changes = [
        Change(name, before.get(name), value)
        for name, value in after.items()
        if value is not None and value != before.get(name)
    ]
    if payload.TYPE == "invoice.noted.v1":
        changes.append(Change("notes", None, payload.text))
    return changes


# Events that say by their type what others say in a field.
_STATES = {
    "invoice.confirmed.v1": "confirmed",
    "invoice.rejected.v1": "refused",
    "invoice.resubmitted.v1": "submitted",
}
_STATUSES = {
    "invoice.accepted.v1": "pending",
    "invoice.issued.v1": "issued",
    "invoice.voided.v1": "voided",
}


def extend_chain(position: int, previous: bytes, entries: Iterable[Entry]) -> list[Link]:
    """The links behind the one at `position` with hash `previous`."""
    links = []
    for place, entry in enumerate(entries, position + 1):
        previous = hashlib.sha256(previous + canonical(place, entry)).digest()
        links.append(Link(place, previous, entry))
    return links


def canonical(position: int, entry: Entry) -> bytes:
    """The bytes that are hashed: a JSON array of all columns in one order, values of the fields without blanks."""
    old, new = (
        msgspec.json.encode(msgspec.json.decode(text), order="sorted") for text in (entry.old, entry.new)
    )
    parts = (
        str(entry.tenant),
        position,
        str(entry.invoice_id),
        str(entry.event_id),
        rfc3339(entry.time),
        entry.field,
        msgspec.Raw(old),
        msgspec.Raw(new),
        entry.actor,
        entry.request_id,
        entry.reason,
    )
    return msgspec.json.encode(parts)
