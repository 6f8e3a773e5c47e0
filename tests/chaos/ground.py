"""A complete stack of the run's own: in its own folder, on its own ports, gone when the run ends, however it ends."""

import asyncio
import json
import os
import random
import shlex
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from deploy.local.broker import copy_jars
from deploy.local.demo.tenants import TENANTS, make_accounts
from deploy.local.stack import Stack
from tests.chaos.checker.addresses import Addresses, Tenant
from tests.chaos.tree import ROOT, apply_defect, copy_tree

JARS = ROOT / ".local" / "kafka" / "jars"
PORTS = 100
# Below the ports that the kernel gives to outgoing connections.
FIRST_PORT, LAST_PORT = 20000, 31900


class Ground:
    """What is struck. Pids are looked up when they are needed: they change with every restart."""

    def __init__(self, folder: Path) -> None:
        base = find_port_base()
        self.folder = folder
        self.variables = {"OFP_PORT_BASE": str(base), "OFP_GATEWAY_PORT": str(base + PORTS - 1)}
        self.stack = Stack(folder / ".local", self.variables)

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.stack.port('OFP_GATEWAY_PORT')}"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's stack leaks into this one."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | self.variables

    def pid(self, name: str) -> int | None:
        """The living process of that name, if there is one."""
        with suppress(OSError, ValueError):
            pid = int((self.stack.run / f"{name}.pid").read_text())
            mark = f"OFP_STACK_PROCESS={self.stack.local}:{name}:".encode()
            if mark in Path(f"/proc/{pid}/environ").read_bytes():
                return pid
        return None

    def is_ready(self, name: str) -> bool:
        """As the supervisor says."""
        with suppress(OSError, ValueError, KeyError):
            report = json.loads((self.stack.run / "state.json").read_text())
            return bool(report["processes"][name]["state"] == "ready")
        return False

    async def up(self) -> None:
        """Start everything and wait until it is ready."""
        await asyncio.to_thread(copy_jars, JARS)
        jars = self.stack.local / "kafka" / "jars"
        jars.parent.mkdir(parents=True)
        jars.symlink_to(JARS)
        command = [sys.executable, "-m", "deploy.local", "up"]
        started = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told, _ = await started.communicate()
        if started.returncode != 0:
            raise RuntimeError(f"the stack did not start:\n{told.decode()}")

    async def make_tenants(self) -> Addresses:
        """Tenants A and B by the real commands, and where the checker finds everything."""
        accounts = await asyncio.to_thread(make_accounts, self.stack, self.gateway)
        tenants = [
            Tenant(letter, account.tenant_id, TENANTS[letter]["tax_id"], account.api_key)
            for letter, account in accounts.items()
        ]
        secret, port = self.stack.credentials.get, self.stack.port
        return Addresses(
            postgres=f"postgresql://postgres:{secret('postgres')}@127.0.0.1:{port('OFP_POSTGRES_PORT')}",
            kafka=f"127.0.0.1:{port('OFP_KAFKA_PORT')}",
            s3=f"http://127.0.0.1:{port('OFP_S3_PORT')}",
            s3_access_key=secret("s3_access_key"),
            s3_secret_key=secret("s3_secret_key"),
            gateway=self.gateway,
            bureau=f"http://127.0.0.1:{port('OFP_BUREAU_PORT')}",
            mailbox=f"http://127.0.0.1:{port('OFP_MAILBOX_PORT')}",
            tenants=tuple(tenants),
        )


@asynccontextmanager
async def prepared_ground(folder: Path, defect: str = "") -> AsyncIterator[Ground]:
    """The code is copied and, if asked, spoilt; whatever has been started inside the block ends with it.

    A guard ends the stack as soon as its standard input closes, so that it does even when this process is killed.
    """
    await asyncio.to_thread(copy_tree, folder)
    if defect:
        await asyncio.to_thread(apply_defect, folder, defect)
    ground = Ground(folder)
    down = shlex.join([sys.executable, "-m", "deploy.local", "down"])
    with (folder / "down.log").open("wb") as log:
        guard = await asyncio.create_subprocess_exec(
            *("sh", "-c", f"cat > /dev/null; exec {down}"),
            cwd=folder,
            env=ground.environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield ground
    finally:
        await guard.communicate(b"over")


def find_port_base() -> int:
    """The first of a row of ports that are all free at this moment."""
    for _ in range(200):
        base = random.SystemRandom().randrange(FIRST_PORT, LAST_PORT - PORTS, PORTS)
        if all(_is_free(port) for port in range(base, base + PORTS)):
            return base
    raise RuntimeError("no row of free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
