"""What the documentation points to exists: files, make targets, modules, log events, metrics."""

import importlib.util
import re
from pathlib import Path

import pytest

from docs.generators.metrics import instruments
from docs.generators.services import service_modules
from libs.common import metrics as common
from tests.conventions.source_files import ROOT, product_files

pytestmark = pytest.mark.fast

FOLDERS = ("bench", "deploy", "docs", "sandbox", "services", "tests")
PAGES = [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in sorted((ROOT / folder).rglob("*.md")))]
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
_FENCE = re.compile(r"```.*?```", re.DOTALL)


def name_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", _FENCE.sub("", page.read_text("utf-8")))
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_commands_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    for module in re.findall(r"python -m ((?:services|sandbox|deploy|docs|bench)[a-z_.]*)", text):
        assert importlib.util.find_spec(module.rstrip(".")), module


@pytest.mark.parametrize("page", RUNBOOKS, ids=name_page)
def test_runbooks_name_metrics_and_log_events_that_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    modules = [common, *(module for _, module in service_modules("metrics"))]
    known = {each.name for module in modules for each in instruments(module)}
    assert set(re.findall(r"`(openfapiao_\w+)`", text)) <= known
    code = "".join(path.read_text("utf-8") for path in product_files())
    logged = set(re.findall(r'log\.\w+\(\s*"(\w+)"', code))
    told = re.findall(r"(?:error|warning|log) `(\w+)`|\| `(\w+)`(?: with `\w+`)? \|", text)
    reasons = {"undecodable", "failed", "gap", "behind"}
    assert {first or second for first, second in told} - reasons <= logged


def test_every_runbook_is_listed() -> None:
    index = (ROOT / "docs" / "runbooks" / "README.md").read_text("utf-8")
    assert [
        page.name for page in RUNBOOKS if page.name != "README.md" and f"({page.name})" not in index
    ] == []
