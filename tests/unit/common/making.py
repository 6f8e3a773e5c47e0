"""Envelopes, records and payloads for tests of the foundation."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid4

from libs.common.context import Correlation
from libs.common.contracts import Contract
from libs.common.dead_letters import Record
from libs.common.events import Envelope, encode_headers
from libs.common.ids import TenantId

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Happened(Contract, frozen=True):
    """A payload that no service publishes."""

    TYPE: ClassVar = "test.happened.v1"
    text: str = ""


def make_envelope(*, subject: UUID | None = None, sequence: int = 1, kind: str = Happened.TYPE) -> Envelope:
    return Envelope(
        id=uuid4(),
        source="openfapiao/test",
        type=kind,
        subject=subject or uuid4(),
        tenant=TenantId(uuid4()),
        sequence=sequence,
        time=datetime(2026, 11, 24, 6, 40, 0, 123456, tzinfo=UTC),
        correlation=Correlation("erp-4711", TRACEPARENT),
    )


def make_record(envelope: Envelope, value: bytes | None = b"{}", *, offset: int = 0) -> Record:
    """As it comes from Kafka."""
    key = str(envelope.subject).encode()
    return Record("test.events", 0, offset, key, encode_headers(envelope), value)
