"""Start, kill and call the sandbox's programs as the real processes they are."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


def find_free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], *, timeout_seconds: float = 60) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("the condition did not come true in time")


def end_with_parent() -> None:
    """In the child: be killed when the test process dies, however it dies (Linux; elsewhere nothing happens)."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class SandboxProgram:
    """`python -m sandbox.<name>` on ports of its own; its data outlives it."""

    def __init__(self, name: str, data_dir: Path, **environment: object) -> None:
        self.port = find_free_port()
        self._command = [sys.executable, "-m", f"sandbox.{name}"]
        self._log_path = data_dir / "log.jsonl"
        self._environment = {
            "PATH": os.environ["PATH"],
            "OFP_HTTP_PORT": str(self.port),
            "OFP_DATA_DIR": str(data_dir),
        } | {key: str(value) for key, value in environment.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it is ready."""
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call that needs no lock
            )
        wait_until(self.is_ready)

    def is_ready(self) -> bool:
        """Whether it answers so."""
        assert self._process is not None
        assert self._process.poll() is None, self.read_log()
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit code. Harmless when it is not running."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(timeout=10)

    def read_log(self) -> str:
        """What it wrote."""
        return self._log_path.read_text("utf-8")

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON."""
        return self.call("GET", path)

    def post(self, path: str, body: object, *, timeout_seconds: float = 10) -> tuple[int, Any]:
        """Status and JSON of a JSON body."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", path, content, timeout_seconds=timeout_seconds)

    def call(
        self, method: str, path: str, content: bytes | None = None, *, timeout_seconds: float = 10
    ) -> tuple[int, Any]:
        """Raises OSError when there is no answer."""
        status, answer = self.call_raw(method, path, content, timeout_seconds=timeout_seconds)
        return status, json.loads(answer)

    def call_raw(
        self, method: str, path: str, content: bytes | None = None, *, timeout_seconds: float = 10
    ) -> tuple[int, bytes]:
        """Status and bytes."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=content,
            headers={"Content-Type": "application/json"} if content is not None else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_seconds) as response:  # noqa: S310
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
