"""WeasyPrint, in an environment of its own: the product does not depend on it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.peers.page import write_page
from deploy.local.stack import ROOT

FOLDER = ROOT / ".local" / "peers"
PINNED = Path(__file__).with_name("requirements.lock")
COUNT = 20
PROGRAM = """
import json, sys, time
from weasyprint import HTML
pages = json.load(sys.stdin)
HTML(string=pages[0]).write_pdf()
began = time.process_time()
for page in pages:
    HTML(string=page).write_pdf()
print((time.process_time() - began) * 1000 / len(pages))
"""


def measure_weasyprint(invoices: Sequence[Mapping[str, Any]]) -> float | str:
    """CPU milliseconds of one page, warm; or why it could not be measured."""
    try:
        python = _install()
        pages = json.dumps([write_page(invoice) for invoice in invoices[:COUNT]])
        ran = subprocess.run([python, "-c", PROGRAM], input=pages, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return getattr(error, "stderr", "").strip().rpartition("\n")[2] or str(error)
    return float(ran.stdout)


def _install() -> Path:
    """Once; anew when the pins have changed."""
    python, stamp = FOLDER / "bin" / "python", FOLDER / "requirements.lock"
    if stamp.exists() and stamp.read_bytes() == PINNED.read_bytes():
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(FOLDER)],
        [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(PINNED)],
    ):
        subprocess.run(command, check=True, capture_output=True, text=True)
    shutil.copyfile(PINNED, stamp)
    return python
