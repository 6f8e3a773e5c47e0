"""A sample of every event type and version decodes for ever, and nothing of it is lost."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from libs.common.contracts import CONTRACTS, Contract
from libs.common.events import encode_payload

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
SAMPLES = {path.stem: path.read_bytes() for path in sorted((ROOT / "tests/contract/samples").glob("*.json"))}
LATER = msgspec.json.encode({"added_later": {"deep": [1]}})


def missing_from(expected: Any, found: Any, where: str = "") -> list[str]:
    """Places where `found` lacks or alters something of `expected`; members that it has beside are no loss."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            place
            for name, value in expected.items()
            for place in missing_from(value, found.get(name, "absent"), f"{where}/{name}")
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [place for at, (old, new) in pairs for place in missing_from(old, new, f"{where}/{at}")]
    return [] if expected == found and type(expected) is type(found) else [where]


def decode(kind: type[Contract], sample: bytes) -> Contract:
    payload: Contract = msgspec.json.decode(sample, type=kind)
    return payload


def test_samples_there_is_one_of_every_contract() -> None:
    assert sorted(SAMPLES) == sorted(CONTRACTS)


@pytest.mark.parametrize("kind", SAMPLES)
def test_sample_decodes_and_encodes_to_the_same_json(kind: str) -> None:
    encoded = json.loads(encode_payload(decode(CONTRACTS[kind], SAMPLES[kind])))
    assert missing_from(json.loads(SAMPLES[kind]), encoded) == []


@pytest.mark.parametrize("kind", SAMPLES)
def test_sample_with_a_field_added_later_still_decodes(kind: str) -> None:
    sample = json.loads(SAMPLES[kind]) | json.loads(LATER)
    payload = decode(CONTRACTS[kind], json.dumps(sample).encode())
    assert payload == decode(CONTRACTS[kind], SAMPLES[kind])


@pytest.mark.parametrize("kind", SAMPLES)
def test_sample_satisfies_the_published_schema(kind: str) -> None:
    schema = json.loads((ROOT / f"docs/events/{kind}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(SAMPLES[kind]))


@pytest.mark.parametrize(
    ("found", "place"),
    [({"a": [1, {"b": "x"}]}, None), ({"a": [1, {"b": "y"}]}, "/a/1/b"), ({}, "/a"), ({"a": [1]}, "/a")],
)
def test_missing_from_names_the_place_of_a_loss(found: Any, place: str | None) -> None:
    assert missing_from({"a": [1, {"b": "x"}]}, found) == ([place] if place else [])
