"""The small form of `make chaos`: a whole stack, 70 invoices, 12 faults; `python -m tests.chaos` runs the full one."""

from pathlib import Path

import pytest

from tests.chaos.checker.verdict import broken
from tests.chaos.run import Options, run

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]

# Strikes postgres, kafka, s3, the bureau, both invoice apis and each worker of the main path.
SEED = 40


async def test_invoices_survive_kills_and_freezes_of_everything_they_pass(tmp_path: Path) -> None:
    findings = await run(Options(seed=SEED, invoices=70, faults=12, longest_freeze=3.0), tmp_path)
    assert broken(findings) == []
