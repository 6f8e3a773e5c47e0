"""Where one local stack keeps its files, which ports it uses, and the variables that move them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.local.credentials import Credentials
from deploy.local.object_store import PORT_OPTIONS

ROOT = Path(__file__).parents[2]
GATEWAY_PORT = 8080
PORT_BASE = 18000

# Offset from OFP_PORT_BASE of every port but the gateway's. The store takes a block that begins at its own.
OFFSETS: Mapping[str, int] = {
    "OFP_POSTGRES_PORT": 0,
    "OFP_KAFKA_PORT": 1,
    "OFP_KAFKA_CONTROLLER_PORT": 2,
    "OFP_BUREAU_PORT": 3,
    "OFP_MAILBOX_PORT": 4,
    "OFP_MAILBOX_SMTP_PORT": 5,
    "OFP_GATEWAY_INTERNAL_PORT": 6,
    "OFP_WEBHOOK_PORT": 7,
    "OFP_S3_PORT": 10,
    "OFP_AUTH_API_1_PORT": 30,
    "OFP_AUTH_API_1_INTERNAL_PORT": 31,
    "OFP_AUTH_WORKER_1_INTERNAL_PORT": 32,
    "OFP_INVOICE_API_1_PORT": 40,
    "OFP_INVOICE_API_1_INTERNAL_PORT": 41,
    "OFP_INVOICE_API_2_PORT": 42,
    "OFP_INVOICE_API_2_INTERNAL_PORT": 43,
    "OFP_INVOICE_WORKER_1_INTERNAL_PORT": 44,
    "OFP_RENDER_API_1_PORT": 50,
    "OFP_RENDER_API_1_INTERNAL_PORT": 51,
    "OFP_RENDER_WORKER_1_INTERNAL_PORT": 52,
    "OFP_NOTIFY_API_1_PORT": 60,
    "OFP_NOTIFY_API_1_INTERNAL_PORT": 61,
    "OFP_NOTIFY_WORKER_1_INTERNAL_PORT": 62,
    "OFP_SUPPORT_API_1_PORT": 70,
    "OFP_SUPPORT_API_1_INTERNAL_PORT": 71,
    "OFP_SUPPORT_WORKER_1_INTERNAL_PORT": 72,
}
PORT_VARIABLES = frozenset({"OFP_GATEWAY_PORT", "OFP_PORT_BASE", *OFFSETS})
# What a command of the stack must be told to mean the same one.
STACK_VARIABLES = PORT_VARIABLES | {"OFP_LOCAL", "OFP_KAFKA_JARS"}


@dataclass(frozen=True)
class Stack:
    """One stack: `local` holds everything it writes, `variables` what the user set."""

    local: Path
    variables: Mapping[str, str]

    @property
    def run(self) -> Path:
        """NAME.pid, NAME.port, NAME.stopped and the supervisor's own files."""
        return self.local / "run"

    @property
    def log(self) -> Path:
        """NAME.jsonl"""
        return self.local / "log"

    @property
    def jars(self) -> Path:
        """The broker's; `OFP_KAFKA_JARS` lets several stacks share them."""
        return Path(self.variables.get("OFP_KAFKA_JARS") or self.local / "kafka" / "jars")

    def shown(self, path: Path) -> str:
        """How people are told of a file: from the root of the clone if it lies below."""
        return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self.local / "secrets.json")

    def port(self, variable: str) -> int:
        """The port that `variable` names: as set, else from the base."""
        if variable == "OFP_GATEWAY_PORT":
            return self._number(variable, GATEWAY_PORT)
        return self._number(variable, self._number("OFP_PORT_BASE", PORT_BASE) + OFFSETS[variable])

    @property
    def s3_ports(self) -> list[int]:
        first = self.port("OFP_S3_PORT")
        return [first + number for number in range(len(PORT_OPTIONS))]

    def _number(self, variable: str, default: int) -> int:
        text = self.variables.get(variable) or str(default)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
            raise SystemExit(f"{variable}={text} is not a port number (1 to 65535)")
        return int(text)


def load_stack(root: Path = ROOT) -> Stack:
    """The stack of this clone; the environment wins over the file `.env`.

    `OFP_LOCAL` names another folder, so that a second stack can run beside it on other ports.
    """
    variables = {**read_env_file(root / ".env"), **os.environ}
    return Stack(Path(variables.get("OFP_LOCAL") or root / ".local"), variables)


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines; blank ones and comments are skipped, quotes around a value are dropped."""
    if not path.exists():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}
