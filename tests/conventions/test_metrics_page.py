"""docs/metrics.md lists the instruments there are, and their names keep to one pattern."""

import ast
import re

import pytest

from docs.generate import find_drift
from docs.generators.metrics import Instrument, instruments
from docs.generators.services import service_modules
from libs.common import metrics as common
from tests.conventions.source_files import ROOT, parse, product_files, where

pytestmark = pytest.mark.fast

MODULES = [common, *(module for _, module in service_modules("metrics"))]
INSTRUMENTS = [each for module in MODULES for each in instruments(module)]
UNBOUNDED = {"tenant", "invoice", "user", "path", "number", "reference"}


def test_metrics_page_agrees_with_the_code() -> None:
    assert find_drift("metrics") == [], "run `python -m docs.generate metrics`"


@pytest.mark.parametrize("each", INSTRUMENTS, ids=lambda each: each.name)
def test_instrument_is_named_by_the_pattern_and_explained(each: Instrument) -> None:
    assert re.fullmatch(r"openfapiao_[a-z_]+", each.name)
    assert each.meaning
    assert not UNBOUNDED & set(each.labels)


def test_instruments_are_made_in_modules_called_metrics_only() -> None:
    """So that none is missing from the page; the sandbox is no part of the product."""
    elsewhere = [
        where(path, node)
        for path in product_files()
        if path.name != "metrics.py" and "sandbox" not in path.relative_to(ROOT).parts
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and node.module == "prometheus_client"
        if {name.name for name in node.names} & {"Counter", "Gauge", "Histogram", "Summary"}
    ]
    assert elsewhere == []
