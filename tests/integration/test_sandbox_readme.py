"""sandbox/README.md: its examples work when pasted, its tables say what the code does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.bureau.api import ROUTES as AUTHORITY_ROUTES
from sandbox.bureau.control import ROUTES as CONTROL_ROUTES
from sandbox.bureau.faults import MAGIC_WORDS
from sandbox.bureau.rejections import REJECTIONS
from sandbox.mailbox.smtp import MagicAddress
from tests.helpers.sandbox_programs import SandboxProgram, find_free_port

README = (Path(__file__).parents[2] / "sandbox/README.md").read_text("utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl")
def test_examples_of_the_readme_pasted_into_a_shell_succeed(tmp_path: Path) -> None:
    (tmp_path / "bureau").mkdir()
    (tmp_path / "mailbox").mkdir()
    bureau = SandboxProgram("bureau", tmp_path / "bureau")
    mailbox = SandboxProgram("mailbox", tmp_path / "mailbox", OFP_SMTP_PORT=find_free_port())
    environment = {
        "PATH": "/usr/bin:/bin",
        "OFP_BUREAU_URL": f"http://127.0.0.1:{bureau.port}",
        "OFP_MAILBOX_URL": f"http://127.0.0.1:{mailbox.port}",
    }
    try:
        bureau.start()
        mailbox.start()
        answers = [
            subprocess.run(
                ["bash", "-e"], input=block.replace("curl -s", "curl -sf"), env=environment, check=True,
                capture_output=True, text=True, encoding="utf-8",
            ).stdout
            for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
        ]  # fmt: skip
    finally:
        bureau.stop()
        mailbox.stop()
    for expected in ('"count":100', '"status":"login_needed"', '"status":"accepted"', '"serial":"readme-1"'):
        assert expected in answers[0]
    assert answers[1] == '{"items":[],"next_cursor":null}{"deleted":0}'


@pytest.mark.fast
def test_tables_of_the_readme_name_every_fault_address_refusal_and_route() -> None:
    for word, mode in MAGIC_WORDS.items():
        assert f"| `{mode}` | `{word}` |" in README
    for address in MagicAddress:
        assert f"| `{address}@…` |" in README
    for code in REJECTIONS:
        assert f"`{code}`" in README
    for route in (*AUTHORITY_ROUTES, *CONTROL_ROUTES):
        assert re.search(rf"`(GET|POST) {re.escape(route.path)}[`?]", README), route.path
