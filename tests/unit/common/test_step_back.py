"""A worker gives way: by its own niceness, and by its session's where Linux weighs sessions first."""

import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.fast]

PROGRAM = """
import os, pathlib
from libs.common.server import step_back
step_back(7)
step_back(3)
session = pathlib.Path("/proc/self/autogroup")
print(os.nice(0), session.read_text() if session.exists() else "")
"""


def test_stepping_back_lowers_the_process_and_its_session() -> None:
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(command, check=True, capture_output=True, text=True, start_new_session=True).stdout
    process, _, session = told.partition(" ")
    assert int(process) == 7
    # Empty where Linux does not weigh sessions, as in containers.
    assert re.fullmatch(r"(/autogroup-\d+ nice 3)?\s*", session)
