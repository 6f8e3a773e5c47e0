"""A handler for every event: what it is given, and what is refused as unsound before it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from libs.common.consumer_plan import Plan, read_record
from libs.common.context import Correlation
from libs.common.contracts.invoice import InvoiceConfirmed
from libs.common.dead_letters import Record
from libs.common.events import Envelope, EveryEvent, encode_headers, encode_payload
from libs.common.ids import TenantId

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
CONFIRMED = InvoiceConfirmed(number="26422000000000000001", reference="SO-1", confirmed_at=NOW)
EVERY = {EveryEvent.TYPE}


def make_record(type_: str, value: bytes | None, *, sequence: int = 1, **headers: bytes) -> Record:
    envelope = Envelope(
        id=UUID(int=1),
        source="openfapiao/invoice",
        type=type_,
        subject=UUID(int=2),
        tenant=TenantId(UUID(int=3)),
        sequence=sequence,
        time=NOW,
        correlation=Correlation("request-1", "00-1-1-01"),
    )
    changed = dict(encode_headers(envelope)) | headers
    return Record("invoice.events", 0, 0, b"", list(changed.items()), value)


def test_read_record_unknown_type_keeps_its_bytes() -> None:
    read = read_record(make_record("invoice.invented.v9", b'{"b": 1,  "a": 2}'), EVERY)
    assert read.events["*"].payload == EveryEvent(value=b'{"b": 1,  "a": 2}')


def test_read_record_unknown_type_without_such_a_handler_is_nothing() -> None:
    read = read_record(make_record("invoice.invented.v9", b"{"), {InvoiceConfirmed.TYPE})
    assert (read.events, read.error) == ({}, None)


def test_read_record_known_type_is_given_both_ways() -> None:
    value = encode_payload(CONFIRMED)
    read = read_record(make_record(CONFIRMED.TYPE, value), EVERY | {CONFIRMED.TYPE})
    assert [event.payload for event in read.events.values()] == [EveryEvent(value=value), CONFIRMED]


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b'{"a":"\xff"}', b"{} {}", b'{"a":"\\ud800"}', b'{"a":NaN}', b"[" * 100_000]
)
def test_read_record_unsound_json_is_an_error(value: bytes | None) -> None:
    assert read_record(make_record("invoice.invented.v9", value), EVERY).error


@pytest.mark.parametrize("value", [b'{"number":"\xff"}', b"[" * 100_000])
def test_read_record_unsound_payload_of_a_known_type_is_an_error(value: bytes) -> None:
    assert read_record(make_record(CONFIRMED.TYPE, value), {CONFIRMED.TYPE}).error


@pytest.mark.parametrize(
    "header",
    [
        {"ce_sequence": b"0"},
        {"ce_sequence": b"9223372036854775808"},
        {"ce_time": b"2026-11-24T06:40:00"},
        {"ce_type": b"invoice.\0.v1"},
    ],
)
def test_read_record_header_out_of_range_is_an_error(header: dict[str, bytes]) -> None:
    read = read_record(make_record("invoice.invented.v9", b"{}", **header), EVERY)
    assert read.error
    assert read.envelope is None


def test_plan_every_event_comes_first_and_in_order() -> None:
    value = encode_payload(CONFIRMED)
    plan = Plan({})
    for sequence, type_ in enumerate([CONFIRMED.TYPE, "invoice.invented.v9", CONFIRMED.TYPE], start=1):
        plan.add(read_record(make_record(type_, value, sequence=sequence), EVERY | {CONFIRMED.TYPE}))
    runs = [(kind, [e.envelope.sequence for e in events]) for kind, events in plan.runs()]
    assert runs == [("*", [1, 2, 3]), (CONFIRMED.TYPE, [1]), (CONFIRMED.TYPE, [3])]
    assert plan.unknown == 0
