"""docker-compose.yml is sound by the compose specification, current, and speaks of what the code has."""

import importlib
import importlib.util
import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.compose.write_compose import compose, files
from deploy.local.service_processes import SERVICE_PROCESSES
from tests.conventions.source_files import ROOT

pytestmark = pytest.mark.fast

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OURS = {name: each for name, each in COMPOSE["services"].items() if each.get("image") == "openfapiao"}


def test_compose_file_fits_the_specification() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_written_files_are_current() -> None:
    """`make schemas` writes them."""
    stale = [str(path) for path, text in files().items() if path.read_text("utf-8") != text]
    assert stale == []
    assert compose() == COMPOSE


def test_every_process_of_the_local_stack_is_there() -> None:
    assert {each.name for each in SERVICE_PROCESSES} <= set(COMPOSE["services"])


def test_commands_name_modules_that_exist() -> None:
    for each in OURS.values():
        module, *arguments = each["command"]
        assert importlib.util.find_spec(module) is not None
        assert set(arguments) <= {"api", "worker", "migrate"}


@pytest.mark.parametrize("name", [name for name in OURS if re.search(r"-(api|worker)-\d$", name)])
def test_variables_are_settings_of_the_service(name: str) -> None:
    settings = importlib.import_module(f"services.{name.split('-', maxsplit=1)[0]}.settings")
    kinds = [
        kind
        for kind in vars(settings).values()
        if isinstance(kind, type) and hasattr(kind, "model_fields") and kind.__module__ == settings.__name__
    ]
    known = {f"OFP_{field.upper()}" for kind in kinds for field in kind.model_fields}
    required = {
        f"OFP_{name.upper()}"
        for kind in kinds
        for name, field in kind.model_fields.items()
        if field.is_required()
    }
    given = set(OURS[name]["environment"])
    assert given <= known, given - known
    assert required <= given, required - given


def test_our_containers_are_hardened() -> None:
    for name, each in OURS.items():
        assert each["read_only"], name
        assert each["cap_drop"] == ["ALL"], name
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER 10001$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile


def test_secrets_have_no_defaults() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for reference in re.findall(r"\$\{[^}]+\}", text):
        assert ":?" in reference, reference


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for each in COMPOSE["services"].values() for port in each.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
