"""CloudEvents 1.0: the envelope of every event, its Kafka form (binary mode) and its JSON form (structured mode)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec

from libs.common.clock import rfc3339
from libs.common.context import Correlation
from libs.common.contracts import CONTRACTS, Contract
from libs.common.ids import TenantId

P = TypeVar("P", bound=Contract)

CONTENT_TYPE = "application/json; charset=utf-8"
_UNSOUND = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Undecodable(Exception):  # noqa: N818
    """The record is no event of ours; retrying cannot help."""


class UnknownType(Exception):  # noqa: N818
    """A sound event of a type that this release does not know: skip and count."""


class Envelope(msgspec.Struct, frozen=True):
    """Context attributes of one event. `sequence` counts from 1 per source and subject without gaps."""

    id: UUID
    source: str
    type: str
    subject: UUID
    tenant: TenantId
    sequence: int
    time: datetime
    correlation: Correlation


class Event(msgspec.Struct, Generic[P], frozen=True):
    """An event with its decoded payload."""

    envelope: Envelope
    payload: P


class EveryEvent(Contract, frozen=True):
    """As a key of HANDLERS: is given every event of every type, known or not, before the typed handlers.

    `value` holds the JSON that travelled, checked for soundness only.
    """

    TYPE: ClassVar = "*"
    value: bytes


def topic_of(event_type: str) -> str:
    """`invoice.issued.v1` is published by `invoice` on `invoice.events`."""
    return f"{event_type.partition('.')[0]}.events"


def source_of(topic: str) -> str:
    """The CloudEvents source of everything on a topic, an URI reference: `openfapiao/invoice`."""
    return f"openfapiao/{topic.removesuffix('.events')}"


def encode_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Headers of the Kafka protocol binding, binary mode."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": str(envelope.id),
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_subject": str(envelope.subject),
        "ce_time": rfc3339(envelope.time),
        "ce_tenant": str(envelope.tenant),
        "ce_sequence": str(envelope.sequence),
        "ce_traceparent": envelope.correlation.traceparent,
        "ce_correlationid": envelope.correlation.id,
        "content-type": CONTENT_TYPE,
    }
    return [(name, value.encode()) for name, value in attributes.items()]


def decode_envelope(headers: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """Raises Undecodable. A header of Kafka may have no value; it counts as absent."""
    try:
        found = {name: value.decode() for name, value in headers if value is not None}
        envelope = Envelope(
            id=UUID(found["ce_id"]),
            source=found["ce_source"],
            type=found["ce_type"],
            subject=UUID(found["ce_subject"]),
            tenant=TenantId(UUID(found["ce_tenant"])),
            sequence=int(found["ce_sequence"]),
            time=datetime.fromisoformat(found["ce_time"]),
            correlation=Correlation(found["ce_correlationid"], found["ce_traceparent"]),
        )
    except (KeyError, ValueError) as error:
        raise Undecodable(f"headers: {error!r}") from error
    if not 0 < envelope.sequence < 2**63 or envelope.time.tzinfo is None or "\0" in "".join(found.values()):
        raise Undecodable("headers: a value out of range")
    return envelope


def decode_payload(event_type: str, value: bytes | None) -> Contract:
    """Raises UnknownType or Undecodable."""
    if (kind := CONTRACTS.get(event_type)) is None:
        raise UnknownType(event_type)
    try:
        return msgspec.json.decode(value or b"", type=kind)
    except _UNSOUND as error:
        raise Undecodable(f"payload: {error}") from error


def decode_every(value: bytes | None) -> EveryEvent:
    """Raises Undecodable unless the value is one sound JSON text in UTF-8."""
    text = value or b""
    try:
        text.decode()
        msgspec.json.decode(text, type=msgspec.Raw)
    except _UNSOUND as error:
        raise Undecodable(f"payload: {error}") from error
    return EveryEvent(value=text)


def encode_payload(payload: Contract) -> bytes:
    """The value of the Kafka record and the `data` of the structured form."""
    return msgspec.json.encode(payload)


def structured(envelope: Envelope, payload: bytes) -> dict[str, Any]:
    """The JSON form in the feed and in webhooks; `payload` is embedded byte for byte."""
    return {
        "specversion": "1.0",
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "subject": str(envelope.subject),
        "time": rfc3339(envelope.time),
        "tenant": str(envelope.tenant),
        "sequence": str(envelope.sequence),
        "traceparent": envelope.correlation.traceparent,
        "correlationid": envelope.correlation.id,
        "datacontenttype": "application/json",
        "data": msgspec.Raw(payload),
    }
