"""Alerts speak of metrics that exist, in both languages, and each leads to a page that says what to do."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from docs.generators.metrics import instruments
from docs.generators.services import service_modules
from libs.common import metrics as common
from tests.conventions.source_files import ROOT

pytestmark = pytest.mark.fast

FOLDER = ROOT / "deploy" / "observability"
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
KNOWN = {
    each.name: each
    for module in (common, *(m for _, m in service_modules("metrics")))
    for each in instruments(module)
}
# What must never be silent.
WATCHED = {
    "openfapiao_invoice_mismatches",
    "openfapiao_invoice_reconciliation_timestamp_seconds",
    "openfapiao_day_check_age_seconds",
    "openfapiao_submission_oldest_age_seconds",
    "openfapiao_connectors",
    "openfapiao_numbers_left",
    "openfapiao_dead_letters_waiting",
    "openfapiao_invoices_late",
    "openfapiao_day_unsealed_seconds",
    "openfapiao_documents_total",
}
PROMTOOL = shutil.which("promtool")


def list_metrics(expression: str) -> list[tuple[str, list[str]]]:
    """Each metric of an expression, a histogram's by its own name, with the labels that it is selected by."""
    found = re.findall(r"(openfapiao_\w+)(?:\{([^}]*)\})?", expression)
    return [
        (re.sub(r"_(bucket|sum|count)$", "", name), re.findall(r"(\w+)\s*(?:=|!=|=~|!~)\s*\"", labels))
        for name, labels in found
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_asks_for_metrics_that_exist_and_names_its_runbook(alert: dict[str, Any]) -> None:
    asked = list_metrics(alert["expr"])
    assert asked
    for name, labels in asked:
        assert set(labels) <= set(KNOWN[name].labels)
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"].keys() == {"summary", "summary_zh", "runbook"}
    assert (ROOT / alert["annotations"]["runbook"]).is_file()


def test_alerts_watch_what_must_never_be_silent() -> None:
    assert {name for alert in ALERTS for name, _ in list_metrics(alert["expr"])} >= WATCHED


def test_alerts_have_names_of_their_own_and_prometheus_reads_them() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert len(names) == len(set(names))
    prometheus = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    assert prometheus["rule_files"] == ["/etc/prometheus/alerts.yml"]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_alerts_fire_when_they_should() -> None:
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", "alerts_test.yml"], cwd=FOLDER, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()
