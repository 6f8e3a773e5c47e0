"""What the local stack writes and reads: secrets, settings, demo.env, log lines."""

import json
from pathlib import Path

import pytest

from deploy.local.credentials import Credentials
from deploy.local.demo_env import write_demo_env
from deploy.local.json_lines import as_json
from deploy.local.stack import ROOT, STACK_VARIABLES, Stack, read_env_file

pytestmark = pytest.mark.fast


def test_credentials_asked_again_are_the_same_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Credentials(path).get("link_secret")
    assert Credentials(path).get("link_secret") == first
    assert Credentials(path).get("postgres") != first
    assert len(first) >= 32
    assert path.stat().st_mode & 0o777 == 0o600


def test_env_file_comments_quotes_and_exports_are_understood(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# a comment\n\nexport OFP_PORT_BASE=19000\nOFP_URL = 'http://x/?a=b'\n")
    assert read_env_file(path) == {"OFP_PORT_BASE": "19000", "OFP_URL": "http://x/?a=b"}


def test_env_example_names_only_variables_that_the_stack_reads() -> None:
    read_elsewhere = {"OFP_LOG_LEVEL", "OFP_DRAIN_SECONDS"}
    assert set(read_env_file(ROOT / ".env.example")) <= STACK_VARIABLES | read_elsewhere


def test_demo_env_written_again_keeps_accounts_and_moves_addresses(tmp_path: Path) -> None:
    write_demo_env(Stack(tmp_path, {}), {"OFP_API_KEY": "ofp_test_kept"})
    write_demo_env(Stack(tmp_path, {"OFP_GATEWAY_PORT": "8081", "OFP_PORT_BASE": "19000"}))
    values = read_env_file(tmp_path / "demo.env")
    assert values["OFP_API_KEY"] == "ofp_test_kept"
    assert values["OFP_URL"] == "http://127.0.0.1:8081"
    assert values["OFP_KAFKA"] == "127.0.0.1:19001"
    assert (tmp_path / "demo.env").stat().st_mode & 0o777 == 0o600


def test_log_line_of_text_becomes_json_with_its_time() -> None:
    line = json.loads(as_json('FATAL:  password "x" refused'))
    assert line["event"] == 'FATAL:  password "x" refused'
    assert line["timestamp"].endswith("+00:00")


@pytest.mark.parametrize("line", ['{"event": "kept"}', "{}"])
def test_log_line_that_is_json_stays_as_it_is(line: str) -> None:
    assert as_json(line) == line


def test_log_line_that_only_looks_like_json_is_wrapped() -> None:
    assert json.loads(as_json("{not json"))["event"] == "{not json"
