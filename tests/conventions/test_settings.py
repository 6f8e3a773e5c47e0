""".env.example names every variable there is, each with its default, and docker-compose.yml sets what it must."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from deploy.local.databases import SERVICES
from deploy.local.processes import make_processes
from deploy.local.stack import Stack
from libs.common.settings import Settings
from sandbox.bureau.settings import BureauSettings
from sandbox.mailbox.settings import MailboxSettings
from tests.conventions.source_files import ROOT

pytestmark = pytest.mark.fast

_ENTRY = re.compile(r"^#?(OFP_[A-Z0-9_]+)=(.*)$", re.MULTILINE)
WRITTEN = dict(_ENTRY.findall((ROOT / ".env.example").read_text("utf-8")))
STACK = {"OFP_GATEWAY_PORT", "OFP_PORT_BASE", "OFP_LOCAL", "OFP_KAFKA_JARS"}
COMPOSE = set(re.findall(r"\$\{(OFP_[A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))


def settings_of(service: str) -> Iterator[type[Settings]]:
    """The classes that its `settings.py` makes, or the common one."""
    module = importlib.import_module(f"services.{service}.settings")
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, Settings):
            yield kind


def defaults() -> dict[str, str | None]:
    """By variable; None where it must be set or depends on the machine."""
    found: dict[str, str | None] = {}
    for service in SERVICES:
        for kind in settings_of(service):
            for name, field in kind.model_fields.items():
                is_fixed = field.default is not PydanticUndefined and name != "password_threads"
                found[f"OFP_{name.upper()}"] = str(field.default) if is_fixed else None
    return found


def sandbox_variables() -> set[str]:
    kinds: tuple[Any, ...] = (BureauSettings, MailboxSettings)
    return {f"OFP_{name.upper()}" for kind in kinds for name in kind.__struct_fields__}


def test_example_names_every_variable_and_no_other() -> None:
    assert WRITTEN.keys() == defaults().keys() | sandbox_variables() | STACK | COMPOSE


def test_example_shows_the_defaults() -> None:
    shown = {name: WRITTEN[name] or None for name in defaults()}
    assert shown == defaults()


def test_example_every_variable_stands_once() -> None:
    names = [name for name, _ in _ENTRY.findall((ROOT / ".env.example").read_text("utf-8"))]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", SERVICES)
def test_local_stack_tells_a_service_only_what_it_reads(service: str, tmp_path: Path) -> None:
    read = {f"OFP_{name.upper()}" for kind in settings_of(service) for name in kind.model_fields}
    for process in make_processes(Stack(tmp_path, {})):
        if process.name.startswith(f"{service}-"):
            assert {name for name in process.environment if name.startswith("OFP_")} <= read, process.name
