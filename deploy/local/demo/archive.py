"""Orders an archive of what the demo has issued, and proves it without the services."""

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.demo.client import Client
from deploy.local.demo.issued import Issued
from deploy.local.stack import ROOT

_SECONDS = 60


def fetch_archive(client: Client, tag: str, path: Path) -> None:
    """All invoices with this tag, in every format."""
    export = client.post("/v1/exports", {"filter": {"tag": tag}}).expect(202)
    deadline = time.monotonic() + _SECONDS
    while (made := client.get(f"/v1/exports/{export['id']}").expect(200))["status"] != "finished":
        if made["status"] == "failed" or time.monotonic() > deadline:
            raise SystemExit(f"The export is not made: {made}")
        time.sleep(0.1)
    path.write_bytes(client.get(f"/v1/exports/{export['id']}/file").content)


def prove_archive(client: Client, path: Path) -> None:
    """By the program that anybody may run, with nothing but the public keys."""
    keys = path.with_name("document-keys.json")
    keys.write_bytes(client.get("/v1/document-keys").content)
    command = [sys.executable, "-m", "clients.verify", str(path), "--keys", str(keys)]
    proof = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if proof.returncode != 0:
        raise SystemExit(f"The archive is not proven: {proof.stdout}{proof.stderr}")


def check_archive(path: Path, invoices: Sequence[Issued]) -> dict[str, Any]:
    """The totals of its manifest; ends the demo where it lacks something."""
    with zipfile.ZipFile(path) as archive:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    numbers = {each.invoice["number"] for each in invoices}
    if manifest["missing"] or numbers != {item["number"] for item in manifest["invoices"]}:
        raise SystemExit(f"The archive is not whole: {manifest['totals']} {manifest['missing'][:3]}")
    totals: dict[str, Any] = manifest["totals"]
    return totals
