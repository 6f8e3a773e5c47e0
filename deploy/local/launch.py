"""Start a process of the stack so that it outlives its supervisor and can be recognised later."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local import json_lines
from deploy.local.process import Process
from deploy.local.stack import Stack

MARK = "OFP_STACK_PROCESS"
LARGEST_LOG = 64 * 1024 * 1024


def start(stack: Stack, process: Process) -> int:
    """Prepare and start; returns the pid of the process itself; NAME.pid has it too, unless it is a step."""
    process.prepare()
    log = stack.log / f"{process.name}.jsonl"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".jsonl.1"))
    output = (
        _open_text_log(log) if process.is_log_text else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    )
    try:
        child = subprocess.Popen(
            process.command,
            cwd=process.directory,
            env={"PATH": os.environ["PATH"], **process.environment, MARK: mark(stack, process)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)
    if not process.is_once:
        write_file(stack.run / f"{process.name}.pid", f"{child.pid}\n")
        write_file(stack.run / f"{process.name}.port", f"{process.port}\n")
    child.returncode = 0  # whoever watches it collects the exit code
    return child.pid


def mark(stack: Stack, process: Process) -> str:
    """Stack, name and a digest of the definition: a process whose definition has changed is not the same."""
    definition = [process.command, sorted(process.environment.items()), str(process.directory)]
    digest = hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:16]
    return f"{stack.local}:{process.name}:{digest}"


def find_running(stack: Stack, name: str) -> tuple[int, str] | None:
    """(pid, mark) of the living process of that name, whoever started it."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((stack.run / f"{name}.pid").read_text()))
        found = process.environ().get(MARK, "")
        if found.startswith(f"{stack.local}:{name}:") and process.status() != psutil.STATUS_ZOMBIE:
            return process.pid, found
    return None


def find_strays(stack: Stack) -> list[psutil.Process]:
    """Every process that carries the stack's mark, children included."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(f"{stack.local}:"):
                found.append(process)
    return found


def write_file(path: Path, text: str) -> None:
    """Whole or not at all, for those who read it meanwhile."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def _open_text_log(log: Path) -> int:
    """A pipe whose lines are written to `log` as JSON by a small process that ends with its writer."""
    reading, writing = os.pipe()
    with log.open("ab") as file:
        command = ["setsid", "--fork", sys.executable, "-E", "-S", json_lines.__file__]
        subprocess.run(command, stdin=reading, stdout=file, stderr=file, check=True)
    os.close(reading)
    return writing
