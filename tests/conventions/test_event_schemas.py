"""docs/events says what the code publishes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.topics import TOPICS
from docs.generate import DOCS, find_drift
from docs.generators.events import describe_channels, describe_payload
from libs.common.contracts import CONTRACTS, Contract
from libs.common.events import topic_of

pytestmark = pytest.mark.fast

ASYNCAPI = describe_channels()

# Their subject is a tenant, a key, a connector, a job, an export.
_ABOUT_NO_INVOICE = ("auth.", "invoice.connector_", "invoice.job_", "invoice.export_", "render.day_")


def references(node: Any) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from references(item)


def resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_event_pages_agree_with_the_code() -> None:
    assert find_drift("events") == [], "run `python -m docs.generate events`"


def test_asyncapi_has_a_channel_for_every_topic_and_a_message_for_every_type() -> None:
    assert sorted(ASYNCAPI["channels"]) == sorted(TOPICS)
    assert sorted(ASYNCAPI["components"]["messages"]) == sorted(CONTRACTS)
    for topic, channel in ASYNCAPI["channels"].items():
        assert sorted(channel["messages"]) == sorted(kind for kind in CONTRACTS if topic_of(kind) == topic)


def test_asyncapi_references_lead_somewhere() -> None:
    for reference in references(ASYNCAPI):
        if reference.startswith("./"):
            schema = json.loads((DOCS / "events" / reference).read_text("utf-8"))
            assert f"./{schema['$id']}" == reference
        else:
            assert resolve(ASYNCAPI, reference)


@pytest.mark.parametrize("kind", CONTRACTS.values(), ids=CONTRACTS)
def test_schema_of_a_payload_describes_its_structs_and_has_number_or_is_about_no_invoice(
    kind: type[Contract],
) -> None:
    schema = describe_payload(kind)
    for reference in references(schema):
        assert resolve(schema, reference)["description"]
    properties = resolve(schema, schema["$ref"])["properties"]
    about_invoice = not kind.TYPE.startswith(_ABOUT_NO_INVOICE)
    assert ({"number", "reference"} <= properties.keys()) == about_invoice


def test_type_names_are_publisher_noun_past_and_version() -> None:
    for name, kind in CONTRACTS.items():
        publisher, _, rest = name.partition(".")
        module = f"libs.common.contracts.{publisher}"
        assert kind.__module__ == module or kind.__module__.startswith(f"{module}_")
        assert rest.rpartition(".v")[2].isdigit()
