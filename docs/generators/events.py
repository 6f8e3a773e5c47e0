"""docs/events: a JSON Schema of every published payload, and an AsyncAPI 3 document that ties them together."""

import ast
import inspect
import textwrap
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID

import msgspec

from deploy.local.topics import PARTITIONS
from docs.generators.json_text import json_text
from libs.common.context import Correlation
from libs.common.contracts import CONTRACTS, Contract
from libs.common.events import Envelope, encode_headers, topic_of
from libs.common.ids import TenantId

_HEADERS: dict[str, tuple[str, dict[str, str]]] = {
    "ce_specversion": ("Version of CloudEvents.", {"const": "1.0"}),
    "ce_id": ("Unique for ever; the same on every repeat.", {"format": "uuid"}),
    "ce_source": ("Who published it: `openfapiao/<service>`.", {"format": "uri-reference"}),
    "ce_type": ("Name and version of the payload.", {}),
    "ce_subject": (
        "The invoice's id in every event about an invoice; also the record's key.",
        {"format": "uuid"},
    ),
    "ce_time": ("When it happened, in UTC.", {"format": "date-time"}),
    "ce_tenant": ("Whose event it is.", {"format": "uuid"}),
    "ce_sequence": (
        "Counts from 1 per source and subject without gaps; drop what is not higher.",
        {"pattern": "^[1-9][0-9]*$"},
    ),
    "ce_traceparent": ("W3C Trace Context.", {}),
    "ce_correlationid": ("Request id of the HTTP request that began it all.", {}),
}


def describe_events() -> dict[str, str]:
    schemas = {f"events/{kind.TYPE}.json": json_text(describe_payload(kind)) for kind in CONTRACTS.values()}
    return schemas | {"events/asyncapi.json": json_text(describe_channels())}


def describe_payload(kind: type[Contract]) -> dict[str, Any]:
    """JSON Schema 2020-12 of a payload; fields that are added later are allowed, as consumers must allow them."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind.TYPE}.json",
        "title": kind.TYPE,
    }
    return head | describe_struct(kind)


def describe_struct(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Its JSON Schema with the texts of the source."""
    schema = msgspec.json.schema(kind)
    for struct in _structs(kind, schema["$defs"]):
        described = schema["$defs"][struct.__name__]
        described["description"] = inspect.cleandoc(struct.__doc__ or "")
        for field, text in _field_texts(struct).items():
            described["properties"][field]["description"] = text
    return schema


def _structs(kind: type[msgspec.Struct], names: dict[str, Any]) -> list[type[msgspec.Struct]]:
    module = inspect.getmodule(kind)
    found = [getattr(module, name, None) for name in names]
    return [struct for struct in found if struct is not None]


def _field_texts(struct: type) -> dict[str, str]:
    """The texts that stand below fields in the source."""
    texts: dict[str, str] = {}
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    for pair in pairwise(getattr(definition, "body", ())):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=field)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[field] = inspect.cleandoc(text)
    return texts


def describe_channels() -> dict[str, Any]:
    """AsyncAPI 3.0: a channel a topic, a message a type, the CloudEvents headers of all."""
    kinds = sorted(CONTRACTS.values(), key=lambda kind: (topic_of(kind.TYPE), kind.TYPE))
    topics = {topic: list(group) for topic, group in groupby(kinds, key=lambda kind: topic_of(kind.TYPE))}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "OpenFapiao events",
            "version": "1",
            "description": "CloudEvents 1.0 in the binary mode of the Kafka protocol binding.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, group) for topic, group in topics.items()},
        "operations": {f"publish-{topic}": _operation(topic) for topic in topics},
        "components": {
            "messages": {kind.TYPE: _message(kind) for kind in kinds},
            "schemas": {"EventHeaders": describe_headers()},
        },
    }


def _channel(topic: str, kinds: list[type[Contract]]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"What {topic.removesuffix('.events')} publishes; the key is the subject, so its order is kept.",
        "messages": {kind.TYPE: {"$ref": f"#/components/messages/{kind.TYPE}"} for kind in kinds},
        "bindings": {"kafka": {"topic": topic, "partitions": PARTITIONS}},
    }


def _operation(topic: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": f"Published by {topic.removesuffix('.events')} through its outbox, at least once, in order.",
    }


def _message(kind: type[Contract]) -> dict[str, Any]:
    return {
        "name": kind.TYPE,
        "title": kind.__name__,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/EventHeaders"},
        "payload": {"$ref": f"./{kind.TYPE}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
    }


def describe_headers() -> dict[str, Any]:
    """The headers that the code writes, each with what it means."""
    nobody = UUID(int=0)
    envelope = Envelope(
        id=nobody,
        source="openfapiao/invoice",
        type="invoice.issued.v1",
        subject=nobody,
        tenant=TenantId(nobody),
        sequence=1,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        correlation=Correlation("", ""),
    )
    names = [name for name, _ in encode_headers(envelope) if name != "content-type"]
    return {
        "type": "object",
        "required": names,
        "properties": {name: _header(*_HEADERS[name]) for name in names},
    }


def _header(text: str, rule: dict[str, str]) -> dict[str, str]:
    return {"type": "string", "description": text, **rule}
