"""The body of a preview for the OpenAPI document: the schema of the contract itself, with an example."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from services.render.preview.draft import Draft

_REFERENCE = "#/$defs/"


def describe_body() -> dict[str, Any]:
    """OpenAPI's request body object."""
    schema = msgspec.json.schema(Draft)
    example = json.loads(Path(__file__).with_name("example.json").read_text("utf-8"))
    return {
        "required": True,
        "description": "The answer of POST /v1/invoices?dry_run=true as it is, at most 6 MiB",
        "content": {
            "application/json": {
                "schema": _inline(schema, schema["$defs"]),
                "examples": {"draft": {"value": example}},
            }
        },
    }


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Without references, which would lead elsewhere in the document of all services."""
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(definitions[node["$ref"].removeprefix(_REFERENCE)], definitions)
    return {
        name: _inline(item, definitions)
        for name, item in node.items()
        if name not in {"$defs", "discriminator"}
    }
