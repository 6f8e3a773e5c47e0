"""`make replay rotate-keys`: an operator's commands, run with the environment of a service's worker."""

import os
import subprocess
import sys

from deploy.local.databases import SERVICES
from deploy.local.service_processes import common_environment, service_environment
from deploy.local.stack import ROOT, Stack


def replay(stack: Stack, service: str) -> None:
    """Apply a service's dead letters again; further arguments are `--dry-run` and a subject."""
    if service not in SERVICES:
        raise SystemExit(f"Whose dead letters? NAME=… is one of: {' '.join(SERVICES)}")
    _run(stack, service, f"services.{service}", "replay", *sys.argv[3:])


def rotate_keys(stack: Stack) -> None:
    """Let the next signing key sign."""
    _run(stack, "auth", "services.auth.rotate_keys")


def worker_environment(stack: Stack, service: str) -> dict[str, str]:
    """What a command must be told that works across tenants."""
    return os.environ | common_environment(stack) | dict(service_environment(stack, service, "worker"))


def _run(stack: Stack, service: str, module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=worker_environment(stack, service), check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
