"""A complete local stack of its own, beside whatever else runs: its own folder, its own ports, real servers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.demo.tenants import Account, make_accounts
from deploy.local.stack import OFFSETS, ROOT, Stack

_FIRST_BASE, _STEP = 21000, 100


@dataclass(frozen=True)
class RunningStack:
    """The stack, its public address and the two demo tenants."""

    stack: Stack
    url: str
    accounts: dict[str, Account]
    environment: dict[str, str]

    def command(self, *arguments: str) -> None:
        """`python -m deploy.local …` for this stack."""
        run_command(self.environment, *arguments)


@contextmanager
def running_stack(folder: Path, *, root: Path = ROOT) -> Iterator[RunningStack]:
    """Up with both tenants when the block begins; down, by its own supervisor, when it ends."""
    base = find_free_base()
    environment = os.environ | {
        "OFP_LOCAL": str(folder),
        "OFP_PORT_BASE": str(base),
        "OFP_GATEWAY_PORT": str(base + _STEP - 1),
        "OFP_KAFKA_JARS": str(ROOT / ".local" / "kafka" / "jars"),
        "PYTHONPATH": str(root),
    }
    stack = Stack(folder, environment)
    url = f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}"
    try:
        run_command(environment, "up", root=root)
        yield RunningStack(stack, url, make_accounts(stack, url), environment)
    finally:
        run_command(environment, "down", root=root)


def run_command(environment: dict[str, str], *arguments: str, root: Path = ROOT) -> None:
    """Raises with what the command printed."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)


def find_free_base() -> int:
    """The first range of ports in which nobody listens."""
    for base in range(_FIRST_BASE, 60000, _STEP):
        if all(_is_free(base + offset) for offset in {*OFFSETS.values(), _STEP - 1}):
            return base
    raise RuntimeError("no free range of ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
