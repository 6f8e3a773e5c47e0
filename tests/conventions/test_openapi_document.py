"""docs/openapi.json is the services' documents as one, and keeps to the public contract."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from docs.generate import find_drift
from docs.generators.openapi import describe_api, find_clashes, merge
from libs.common.problems import NotFound

pytestmark = pytest.mark.fast

DOCUMENT: dict[str, Any] = json.loads(describe_api()["openapi.json"])
_REFERENCE = re.compile(r'"\$ref": "#/components/schemas/([^"]+)"')


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_openapi_page_agrees_with_the_code() -> None:
    assert find_drift("openapi") == [], "run `python -m docs.generate openapi`"


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    used = set(_REFERENCE.findall(json.dumps(DOCUMENT)))
    assert used == DOCUMENT["components"]["schemas"].keys()


def test_every_operation_answers_problems_and_has_its_own_id() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for name, operation in operations():
        content = operation["responses"]["4XX"]["content"]
        assert content["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem", name


def test_every_path_is_public_and_versioned() -> None:
    assert all(path.startswith("/v1/") for path in DOCUMENT["paths"])


def test_problem_schema_names_what_a_problem_answers() -> None:
    schema = DOCUMENT["components"]["schemas"]["Problem"]
    answered = NotFound().as_dict(instance="/v1/x", request_id="r")
    assert schema["required"] == list(answered)
    assert schema["properties"].keys() == {*answered, "errors"}


def make_document(path: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    answer = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
    operation = {"responses": {"200": answer}, "security": [{"HTTPBearer": []}]}
    return {"paths": {path: {"get": operation}}, "components": {"schemas": {name: schema}}}


def test_merge_same_name_with_other_content_is_kept_apart_by_service() -> None:
    merged = merge(
        {
            "render": make_document("/v1/a", "State", {"type": "string"}),
            "support": make_document("/v1/b", "State", {"type": "integer"}),
        }
    )
    schemas = merged["components"]["schemas"]
    assert (schemas["RenderState"], schemas["SupportState"]) == ({"type": "string"}, {"type": "integer"})
    assert "State" not in schemas
    answer = merged["paths"]["/v1/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/SupportState"}
    assert merged["paths"]["/v1/b"]["get"]["security"] == [{"bearer": []}]


def test_merge_same_name_with_same_content_stands_once() -> None:
    same = {"type": "string"}
    assert find_clashes({"render": {"State": same}, "support": {"State": same}}) == set()


def test_merge_one_route_in_two_services_is_refused() -> None:
    document = make_document("/v1/a", "State", {"type": "string"})
    with pytest.raises(ValueError, match="two services"):
        merge({"render": document, "support": document})
