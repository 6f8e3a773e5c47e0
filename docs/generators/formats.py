"""docs/formats: the JSON Schema of the JSON document."""

from typing import Any

from docs.generators.events import describe_struct
from docs.generators.json_text import json_text
from services.render.structured.json_document import JsonInvoice


def describe_formats() -> dict[str, str]:
    return {"formats/invoice.schema.json": json_text(describe_invoice())}


def describe_invoice() -> dict[str, Any]:
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "invoice.schema.json",
        "title": "An issued invoice as a JSON document",
    }
    return head | describe_struct(JsonInvoice)
