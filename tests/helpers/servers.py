"""Real Postgres, Kafka and S3 for tests, on free ports: one of each for all workers of a run."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.broker import copy_jars, make_kafka
from deploy.local.object_store import PORT_OPTIONS, make_object_store
from deploy.local.postgres import make_postgres, superuser_url
from deploy.local.process import Process

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".local" / "kafka" / "jars"
# Set by the first process of a run and inherited by its workers.
RUN_FOLDER = "OFP_TEST_RUN_FOLDER"
PASSWORD = "test-only-password"
ACCESS_KEY = "test-only-access"


@dataclass(frozen=True)
class Server:
    """Where a shared server answers; its pid is for tests of the server itself: never stop a shared one."""

    name: str
    pid: int
    port: int
    url: str


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def make_server(name: str, folder: Path) -> tuple[Process, Mapping[str, object]]:
    """A server with its data in `folder`, and what `Server` says about it."""
    ports = free_ports(len(PORT_OPTIONS))
    match name:
        case "postgres":
            process = make_postgres(folder / name, ports[0], PASSWORD)
            url = superuser_url(ports[0], PASSWORD)
        case "kafka":
            copy_jars(JARS)
            process = make_kafka(folder / name, ports[0], ports[1], jars=JARS)
            url = f"127.0.0.1:{ports[0]}"
        case "s3":
            process = make_object_store(folder / name, ports, access_key=ACCESS_KEY, secret_key=PASSWORD)
            url = f"http://127.0.0.1:{ports[0]}"
        case _:
            raise ValueError(name)
    return process, {"port": process.port, "url": url}


def open_run() -> None:
    """Give this run of pytest, all its workers included, one folder for its servers."""
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="openfapiao-test-")


def close_run() -> None:
    """Wait until the guards have ended every server, then remove the folder."""
    folder = run_folder()
    deadline = time.monotonic() + 30
    while list(folder.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


@contextmanager
def locked(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """A lock between processes, released by the kernel if this one dies."""
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield


@contextmanager
def shared_server(name: str) -> Iterator[Server]:
    """The run's server of that name, started by whoever needs it first."""
    folder = run_folder()
    described = folder / f"{name}.json"
    with locked(folder / f"{name}.users", fcntl.LOCK_SH):
        with locked(folder / f"{name}.start"):
            if not described.exists():
                _start_guard(name, folder)
        yield Server(**json.loads(described.read_text()))


def _start_guard(name: str, folder: Path) -> None:
    with (folder / f"{name}.guard.log").open("ab") as log:
        command = [sys.executable, "-m", "tests.helpers.server_guard", name, str(folder)]
        subprocess.run(command, check=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
