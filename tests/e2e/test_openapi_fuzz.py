"""Requests generated from the OpenAPI document: never a 5xx, never an undocumented status or shape."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
LEAST_REQUESTS = 2000
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_generated_requests_get_documented_answers(stack: RunningStack, tmp_path: Path) -> None:
    report = tmp_path / "report.ndjson"
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(ROOT / "docs" / "openapi.json"),
        f"--url={stack.url}",
        f"--header=Authorization: Bearer {stack.accounts['B'].api_key}",
        "--header=Idempotency-Key: fuzz",
        f"--checks={CHECKS}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=40",
        # CPython 3.11 cannot parse in two threads at once (its issue 106905), which the generator would.
        "--workers=1",
        "--seed=20261124",
        "--continue-on-failure",
        "--request-timeout=30",
        "--suppress-health-check=all",
        "--warnings=off",
        "--no-color",
        # Deleting the very key or session that the requests are made with would end the test, and what a taxpayer
        # may issue belongs to all tests of this stack.
        "--exclude-method=DELETE",
        "--exclude-path-regex=/rotate$|/sign-out$|/taxpayers/",
        "--report=ndjson",
        f"--report-ndjson-path={report}",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert count_requests(report) >= LEAST_REQUESTS
    assert stack.accounts["B"].client.get("/v1/invoices?limit=1").status == 200


def count_requests(report: Path) -> int:
    """Interactions in the report's events."""
    count = 0
    for line in report.read_text("utf-8").removesuffix("\n").split("\n"):
        event = json.loads(line)
        scenario = event.get("ScenarioFinished", {})
        count += len(scenario.get("recorder", {}).get("interactions", {}))
    return count
