"""The envelope on the wire: it comes back whole, and nothing hostile comes back as an event."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts import CONTRACTS
from libs.common.events import (
    Undecodable,
    UnknownType,
    decode_envelope,
    decode_every,
    decode_payload,
    encode_headers,
    source_of,
    structured,
    topic_of,
)
from tests.unit.common.making import Happened, make_envelope

pytestmark = pytest.mark.fast

HEADERS = st.lists(
    st.tuples(
        st.sampled_from([name for name, _ in encode_headers(make_envelope())]) | st.text(max_size=20),
        st.none() | st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    ),
    max_size=14,
)


def test_envelope_encoded_and_decoded_is_the_same() -> None:
    envelope = make_envelope(sequence=2**63 - 1)
    assert decode_envelope(encode_headers(envelope)) == envelope


def test_envelope_headers_carry_cloudevents_in_binary_mode() -> None:
    headers = dict(encode_headers(make_envelope()))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_time"] == b"2026-11-24T06:40:00.123456Z"
    assert headers["ce_correlationid"] == b"erp-4711"
    assert headers["content-type"] == b"application/json; charset=utf-8"


@given(HEADERS)
def test_envelope_from_hostile_headers_is_undecodable_and_nothing_else(headers: Any) -> None:
    with pytest.raises(Undecodable):
        decode_envelope(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_sequence", b"0"),
        ("ce_sequence", b"-1"),
        ("ce_sequence", b"9223372036854775808"),
        ("ce_sequence", b"9" * 5000),
        ("ce_sequence", b"1.0"),
        ("ce_sequence", None),
        ("ce_id", b"not-a-uuid"),
        ("ce_subject", b"\xff\xfe"),
        ("ce_time", b"2026-11-24T06:40:00"),
        ("ce_time", b"yesterday"),
        ("ce_tenant", b""),
        ("ce_type", b"a\x00b"),
        ("ce_traceparent", b"\xed\xa0\x80"),
    ],
)
def test_envelope_with_one_unsound_header_is_undecodable(name: str, value: bytes | None) -> None:
    headers: Any = [(key, value if key == name else kept) for key, kept in encode_headers(make_envelope())]
    with pytest.raises(Undecodable):
        decode_envelope(headers)


@pytest.mark.parametrize("missing", [name for name, _ in encode_headers(make_envelope())][1:-1])
def test_envelope_without_an_attribute_is_undecodable(missing: str) -> None:
    headers = [(key, value) for key, value in encode_headers(make_envelope()) if key != missing]
    with pytest.raises(Undecodable):
        decode_envelope(headers)


@given(st.binary(max_size=200) | st.none() | st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"{}"]))
def test_payload_from_any_bytes_is_an_event_or_undecodable(value: bytes | None) -> None:
    for decode in (decode_every, lambda text: decode_payload("invoice.issued.v1", text)):
        try:
            decode(value)
        except Undecodable:
            continue


def test_payload_of_a_type_that_this_release_does_not_know_is_told_apart() -> None:
    with pytest.raises(UnknownType):
        decode_payload("invoice.teleported.v9", b"{}")


def test_contracts_are_registered_under_the_type_and_topic_of_their_publisher() -> None:
    for name, contract in CONTRACTS.items():
        publisher, _, version = contract.TYPE.partition(".")[0], *contract.TYPE.rpartition(".")[1:]
        assert name == contract.TYPE
        assert version.startswith("v")
        assert topic_of(name) == f"{publisher}.events"
        assert source_of(topic_of(name)) == f"openfapiao/{publisher}"


def test_structured_form_embeds_the_payload_byte_for_byte() -> None:
    envelope = make_envelope(sequence=7)
    text = msgspec.json.encode(structured(envelope, b'{"b": 1,  "a": "2"}'))
    assert text.endswith(b'"data":{"b": 1,  "a": "2"}}')
    assert msgspec.json.decode(text)["sequence"] == "7"


def test_contract_ignores_a_field_it_does_not_know_so_that_one_may_be_added() -> None:
    assert msgspec.json.decode(b'{"text": "a", "later": 1}', type=Happened) == Happened(text="a")
