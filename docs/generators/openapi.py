"""docs/openapi.json: the services' OpenAPI documents as one, as the gateway serves it at /v1/openapi.json."""

import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from docs.generators.json_text import json_text
from docs.generators.services import service_modules
from libs.common.problems import FieldError, Problem

_SCHEMAS = "#/components/schemas/"
_PROBLEM_MEDIA = "application/problem+json"


def describe_api() -> dict[str, str]:
    documents = {service: main.build().openapi() for service, main in service_modules("main")}
    return {"openapi.json": json_text(merge(documents))}


def merge(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """One document: paths side by side, schemas of one name but different content under their service's name."""
    clashing = find_clashes({service: _schemas(document) for service, document in documents.items()})
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = dict(describe_problem())
    for service, document in documents.items():
        names = {_SCHEMAS + name: f"{_SCHEMAS}{service.capitalize()}{name}" for name in clashing}
        renamed = _rewrite(document, names)
        for name, schema in _schemas(renamed).items():
            schemas[f"{service.capitalize()}{name}" if name in clashing else name] = schema
        for path, methods in renamed["paths"].items():
            if twice := paths.get(path, {}).keys() & methods.keys():
                raise ValueError(f"{sorted(twice)} {path} is answered by two services")
            paths[path] = {**paths.get(path, {}), **methods}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenFapiao",
            "version": "1",
            "description": "Issue, render, deliver and look up Chinese electronic invoices.",
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "Access token or API key."}
            },
        },
    }


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return schemas


def find_clashes(schemas: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Names that several services use, unless each means the same and refers to nothing else."""
    users = Counter(name for each in schemas.values() for name in each)
    clashes = set()
    for name in [name for name, count in users.items() if count > 1]:
        contents = [json_text(each[name]) for each in schemas.values() if name in each]
        if len(set(contents)) > 1 or "$ref" in contents[0]:
            clashes.add(name)
    return clashes


def _rewrite(node: Any, names: Mapping[str, str]) -> Any:
    """A copy with references renamed, problems given their schema, and one name for the credential."""
    if isinstance(node, list):
        return [_rewrite(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _rewrite(value, names) for key, value in node.items()}
    if isinstance(reference := copy.get("$ref"), str):
        copy["$ref"] = names.get(reference, reference)
    if _PROBLEM_MEDIA in copy:
        copy[_PROBLEM_MEDIA] = {"schema": {"$ref": f"{_SCHEMAS}Problem"}}
    if copy.get("security") == [{"HTTPBearer": []}]:
        copy["security"] = [{"bearer": []}]
    return copy


def describe_problem() -> dict[str, Any]:
    """Schemas of the body of every error, from the function that writes it."""
    body = Problem.as_dict(_Sample(), instance="", request_id="")
    types = {int: "integer", bool: "boolean", str: "string"}
    properties: dict[str, Any] = {name: {"type": types[type(value)]} for name, value in body.items()}
    properties["errors"] = {"type": "array", "items": {"$ref": f"{_SCHEMAS}FieldError"}}
    problem = {
        "type": "object",
        "description": "RFC 9457. A problem may carry further members that docs/problems.md and its detail explain.",
        "required": list(body),
        "properties": properties,
    }
    field_error = msgspec.json.schema(FieldError)["$defs"]["FieldError"]
    field_error["description"] = inspect.cleandoc(FieldError.__doc__ or "")
    return {"Problem": problem, "FieldError": field_error}


class _Sample(Problem):
    code = "sample"
    status = 400
    title = title_zh = remedy = remedy_zh = "sample"
