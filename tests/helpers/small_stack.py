"""A supervised stack of harmless programs: `python -m tests.helpers.small_stack FOLDER [CHANGED]`."""

import sys
from pathlib import Path

from deploy.local.process import Process, tcp_check
from deploy.local.stack import Stack
from deploy.local.supervisor import supervise

SERVE = """
from http.server import BaseHTTPRequestHandler, HTTPServer
HTTPServer(("127.0.0.1", {port}), BaseHTTPRequestHandler).serve_forever()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def make_small_processes(folder: Path, changed: str = "") -> list[Process]:
    """`server` listens; `step` must succeed before `late`; `hopeless` ends at once; `stubborn` ignores SIGTERM."""
    port = int((folder / "port").read_text())

    def python(name: str, code: str, **others: object) -> Process:
        command = (sys.executable, "-c", code)
        return Process(name=name, command=command, directory=folder, **others)  # type: ignore[arg-type]

    return [
        python("server", SERVE.format(port=port) + changed, port=port, is_ready=tcp_check(port)),
        python("step", "import pathlib; pathlib.Path('wanted').unlink()", needs=("server",), is_once=True),
        python("late", "import time; time.sleep(600)", needs=("step",)),
        python("hopeless", "print('no hope'); raise SystemExit(3)", is_log_text=True),
        python("stubborn", STUBBORN, stop_seconds=0.5),
    ]


def main() -> None:
    folder = Path(sys.argv[1])
    supervise(Stack(folder, {}), make_small_processes(folder, *sys.argv[2:]))


if __name__ == "__main__":
    main()
