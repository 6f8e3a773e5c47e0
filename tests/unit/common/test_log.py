"""Logs are JSON lines that nothing a client sends can forge, and that hold no rows of the database."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.helpers.servers import ROOT

pytestmark = pytest.mark.fast

PROGRAM = """
import logging, sys
from libs.common.context import correlated, new_correlation
from libs.common.log import configure_logging, get_logger
from libs.common.server import run

configure_logging("demo", "info")
log = get_logger("here")

async def main():
    with correlated(new_correlation("erp-1"), tenant="t"):
        log.info("name_seen", name='a"\\n{"event": "forged"}\\u2028 发票')
        logging.getLogger("aiokafka").warning("foreign %s", "line\\nbreak")
        log.debug("too_fine")
    try:
        raise ValueError("key exists\\nDETAIL:  Key (buyer)=(secret) exists.\\nHINT: none")
    except ValueError:
        log.exception("row_refused")
    raise RuntimeError("the end")

run(main())
"""


@pytest.fixture(scope="module")
def ended() -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the log lines of a process that fails in the end."""
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert process.stderr == b""
    return process.returncode, [json.loads(line) for line in process.stdout.decode().split("\n")[:-1]]


def lines(ended: tuple[int, list[dict[str, Any]]], event: str) -> list[dict[str, Any]]:
    return [line for line in ended[1] if line["event"] == event]


def test_log_line_carries_service_level_time_and_request_id(ended: Any) -> None:
    (line,) = lines(ended, "name_seen")
    assert (line["service"], line["level"], line["logger"]) == ("demo", "info", "here")
    assert (line["request_id"], line["tenant"]) == ("erp-1", "t")
    assert line["timestamp"].endswith("Z")


def test_log_line_cannot_be_forged_by_its_content(ended: Any) -> None:
    assert lines(ended, "name_seen")[0]["name"] == 'a"\n{"event": "forged"}\u2028 发票'
    assert lines(ended, "forged") == []


def test_log_line_of_a_library_goes_through_the_same_chain(ended: Any) -> None:
    (line,) = lines(ended, "foreign line\nbreak")
    assert (line["service"], line["level"], line["request_id"]) == ("demo", "warning", "erp-1")


def test_log_below_the_level_is_silent(ended: Any) -> None:
    assert lines(ended, "too_fine") == []


def test_log_of_an_exception_leaves_out_the_row(ended: Any) -> None:
    (line,) = lines(ended, "row_refused")
    assert "ValueError: key exists" in line["exception"]
    assert "secret" not in line["exception"]


def test_log_of_a_process_that_fails_says_why_and_it_exits_with_one(ended: Any) -> None:
    (line,) = lines(ended, "process_failed")
    assert "RuntimeError: the end" in line["exception"]
    assert ended[0] == 1


FLOOD = """
import os, sys
from prometheus_client import REGISTRY
from libs.common.log import configure_logging, get_logger

configure_logging("demo", "info")
log = get_logger("here")
for number in range(30_000):
    log.info("line_written", number=number)
sys.stderr.write(str(REGISTRY.get_sample_value("openfapiao_log_lines_dropped_total")))
sys.stderr.flush()
os._exit(0)
"""


def test_log_that_nobody_reads_stalls_nothing_and_counts_what_is_dropped() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FLOOD], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert float(process.stderr.read()) >= 1


BROKEN = """
import os, sys
from prometheus_client import REGISTRY
from libs.common.log import configure_logging, flush_logs, get_logger

configure_logging("demo", "info")
log = get_logger("here")
whole = os.dup(1)
os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
for number in range(3):
    log.info("line_lost", number=number)
    flush_logs()
os.dup2(whole, 1)
log.info("line_written")
flush_logs()
sys.stderr.write(str(REGISTRY.get_sample_value("openfapiao_log_lines_dropped_total")))
sys.stderr.flush()
os._exit(0)
"""


def test_log_that_cannot_be_written_says_so_once_and_goes_on_when_it_can() -> None:
    process = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    complaint, dropped = process.stderr.decode().splitlines()
    assert json.loads(complaint)["event"] == "log_not_written"
    assert float(dropped) == 3
    assert json.loads(process.stdout.splitlines()[-1])["event"] == "line_written"
