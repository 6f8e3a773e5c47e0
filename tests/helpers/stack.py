"""A complete local stack of its own, beside whatever else runs: its own folder, its own ports, real servers."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.demo.client import Client
from deploy.local.demo.documents import CHECKS
from deploy.local.demo.tenants import Account, make_accounts
from deploy.local.stack import OFFSETS, ROOT, Stack
from tests.helpers.sandbox_programs import wait_until

# Below the ports that the kernel gives to outgoing connections.
_FIRST_BASE, _LAST_BASE, _STEP = 21000, 32000, 100


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
    with free_ports() as base:
        environment = os.environ | {
            "OFP_LOCAL": str(folder),
            "OFP_PORT_BASE": str(base),
            "OFP_GATEWAY_PORT": str(base + _STEP - 1),
            "OFP_KAFKA_JARS": str(ROOT / ".local" / "kafka" / "jars"),
            "PYTHONPATH": str(root),
        }
        stack = Stack(folder, environment)
        url = f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}"
        with ended_afterwards(environment, root):
            run_command(environment, "up", root=root)
            yield RunningStack(stack, url, make_accounts(stack, url), environment)


@contextmanager
def ended_afterwards(environment: dict[str, str], root: Path) -> Iterator[None]:
    """The stack goes down when the block ends or this process does: somebody else waits for its pipe to close."""
    down = ["sh", "-c", 'cat > /dev/null; exec "$0" -m deploy.local down', sys.executable]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        down, cwd=root, env=environment, stdin=pipe, stdout=subprocess.DEVNULL, start_new_session=True
    ) as waiting:
        try:
            yield
        finally:
            waiting.communicate()
    if waiting.returncode != 0:
        raise RuntimeError(f"the stack in {environment['OFP_LOCAL']} did not go down")


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


@contextmanager
def free_ports() -> Iterator[int]:
    """A range of ports in which nobody listens, kept from other test runs until the block ends."""
    for base in range(_FIRST_BASE, _LAST_BASE, _STEP):
        with (Path(tempfile.gettempdir()) / f"openfapiao-ports-{base}.lock").open("w") as lock:
            if _is_locked(lock) and all(_is_free(base + offset) for offset in {*OFFSETS.values(), _STEP - 1}):
                yield base
                return
    raise RuntimeError("no free range of ports")


def _is_locked(lock: IO[str]) -> bool:
    """Ours until it is closed, however this process ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for_documents(client: Client, invoice_id: str) -> dict[str, bytes]:
    """PDF, OFD and XML of an invoice, as soon as they are there."""
    path = f"/v1/invoices/{invoice_id}/documents"

    def fetch(name: str) -> bytes:
        content: bytes = wait_until(lambda: (a := client.get(f"{path}/{name}")).status == 200 and a.content)
        return content

    return {name: fetch(name) for name in CHECKS}
