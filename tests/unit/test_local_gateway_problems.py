"""The gateway's own answers say what the catalogue of problems says."""

import re
import shlex
from pathlib import Path

import pytest

from deploy.local.gateway import CADDYFILE
from deploy.local.stack import ROOT
from libs.common.problems import all_problems

pytestmark = pytest.mark.fast

# Only the gateway meets these: a request that is not HTTP, or that never arrives whole.
GATEWAYS_OWN = {"malformed-request", "request-timeout"}


def gateway_problems() -> list[list[str]]:
    """Arguments of every `import problem` line."""
    lines = re.findall(r"^\timport problem (.*)$", CADDYFILE.read_text("utf-8"), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_gateway_problem_of_the_catalogue_is_worded_alike() -> None:
    catalogue = {kind.code: kind for kind in all_problems()}
    compared = 0
    for status, code, title, title_zh, retryable, remedy, remedy_zh in gateway_problems():
        if code in GATEWAYS_OWN:
            continue
        kind = catalogue[code]
        wanted = [str(kind.status), kind.title, kind.title_zh, str(kind.retryable).lower()]
        assert [status, title, title_zh, retryable] == wanted
        assert (remedy, remedy_zh) == (kind.remedy, kind.remedy_zh)
        compared += 1
    assert compared == 4


def test_gateway_names_no_address_outside_its_variables() -> None:
    text = Path(CADDYFILE).read_text("utf-8")
    assert re.findall(r"\b\d+\.\d+\.\d+\.\d+:\d+\b", text) == []
    assert ROOT.name not in text.split()
