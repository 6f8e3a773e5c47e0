"""Caddy as the one public origin of the local stack."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.process import Process, http_check

CADDYFILE = Path(__file__).parent / "Caddyfile"


def find_caddy() -> str:
    """The program beside the running interpreter, else on PATH."""
    beside = Path(sys.executable).parent / "caddy"
    program = str(beside) if beside.exists() else shutil.which("caddy")
    if program is None:
        raise FileNotFoundError("no Caddy: run `make setup`")
    return program


def make_gateway(folder: Path, port: int, internal_port: int, *, upstreams: Mapping[str, str]) -> Process:
    """`upstreams` fills the Caddyfile's variables OFP_<SERVICE>_UPSTREAMS and OFP_PUBLIC_FILES."""
    return Process(
        name="gateway",
        command=(find_caddy(), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"),
        environment={
            "XDG_CONFIG_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "OFP_GATEWAY_PORT": str(port),
            "OFP_GATEWAY_INTERNAL_PORT": str(internal_port),
            **upstreams,
        },
        directory=folder,
        port=internal_port,
        ports={"OFP_GATEWAY_PORT": port, "OFP_GATEWAY_INTERNAL_PORT": internal_port},
        is_ready=http_check(f"http://127.0.0.1:{internal_port}/health/ready"),
        prepare=lambda: folder.mkdir(parents=True, exist_ok=True),
    )
