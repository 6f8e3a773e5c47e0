"""What the feed of a tenant shows of an event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from libs.common.ids import TenantId
from services.notify.domain.personal_data import mask_persons

# Of auth's events only these are shown, and only these fields: no key material, sessions or names of people.
# A type that is not listed stays out until somebody decides what of it may be shown.
_SHOWN_OF_AUTH: dict[str, frozenset[str]] = {
    "auth.tenant_changed.v1": frozenset({"name", "is_active", "rate_per_second", "burst"}),
    "auth.api_key_changed.v1": frozenset({"scopes", "expires_at", "revoked_at"}),
    "auth.user_changed.v1": frozenset({"roles", "is_active"}),
    "auth.account_locked.v1": frozenset({"locked_until"}),
}

_WITH_INVOICE = frozenset({"invoice.accepted.v1", "invoice.issued.v1"})

# Where documents lie is for auditors; stored with the event, shown by scope.
_WITH_PLACES = frozenset({"render.documents_ready.v1"})

# Who answers whom: an event of a later source may be the consequence of one of an earlier.
_SOURCES = (
    "openfapiao/auth",
    "openfapiao/invoice",
    "openfapiao/render",
    "openfapiao/notify",
    "openfapiao/support",
)
_RANKS = {source: rank for rank, source in enumerate(_SOURCES)}


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event as it stands in the feed; `payload` is JSON."""

    tenant: TenantId
    id: UUID
    source: str
    type: str
    subject: UUID
    sequence: int
    time: datetime
    correlation_id: str
    traceparent: str
    payload: bytes


def shown_payload(event_type: str, payload: bytes) -> bytes | None:
    """The payload as published, persons masked; of auth's events a part, or None where it is not shown at all."""
    if event_type in _WITH_INVOICE:
        return mask_persons(payload)
    if not event_type.startswith("auth."):
        return payload
    if (shown := _SHOWN_OF_AUTH.get(event_type)) is None:
        return None
    fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: value for name, value in fields.items() if name in shown})


def without_places(event_type: str, payload: bytes) -> bytes:
    """The payload for readers who may not know where documents lie in the archive."""
    if event_type not in _WITH_PLACES:
        return payload
    fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    documents = msgspec.json.decode(fields["documents"], type=list[dict[str, msgspec.Raw]])
    shown = [{name: value for name, value in each.items() if name != "object"} for each in documents]
    return msgspec.json.encode(fields | {"documents": shown})


def in_causal_order(events: Iterable[FeedEvent]) -> list[FeedEvent]:
    """Causes before consequences, as far as they came together; the order within a source is kept."""
    return sorted(events, key=lambda event: _RANKS.get(event.source, len(_RANKS)))
