"""Events as the records that the relay would have written, made by hand: of any type, for any subject."""

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.context import Correlation, new_correlation
from libs.common.contracts import Contract
from libs.common.dead_letters import Record
from libs.common.events import Envelope, Event, encode_headers, encode_payload, source_of, topic_of
from libs.common.ids import TenantId, new_id

_offsets = count()


def make_envelope(
    event_type: str,
    *,
    tenant: TenantId,
    subject: UUID,
    sequence: int = 1,
    time: datetime | None = None,
    correlation: Correlation | None = None,
) -> Envelope:
    return Envelope(
        id=new_id(),
        source=source_of(topic_of(event_type)),
        type=event_type,
        subject=subject,
        tenant=tenant,
        sequence=sequence,
        time=time or utc_now(),
        correlation=correlation or new_correlation(),
    )


def make_event(payload: Contract, **envelope: Any) -> Event[Contract]:
    """Takes what `make_envelope` takes."""
    return Event(envelope=make_envelope(payload.TYPE, **envelope), payload=payload)


def make_record(event_type: str, value: bytes | None, **envelope: Any) -> Record:
    """Of any type, with any value; no two have the same offset."""
    made = make_envelope(event_type, **envelope)
    key = str(made.subject).encode()
    return Record(topic_of(event_type), 0, next(_offsets), key, encode_headers(made), value)


def as_record(payload: Contract, **envelope: Any) -> Record:
    """Of a type that is known."""
    return make_record(payload.TYPE, encode_payload(payload), **envelope)
