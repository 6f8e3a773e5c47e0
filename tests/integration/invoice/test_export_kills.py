"""A worker that is killed while it writes an archive loses nothing and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from libs.common.clock import utc_now
from services.invoice.exports.worker import LEASE
from services.invoice.exports.workspace import sweep_workspaces
from tests.helpers.databases import MakeDatabase
from tests.helpers.exporting import exporting, open_zip, pdf_of
from tests.helpers.invoicing import NO_STORE
from tests.helpers.servers import ROOT, Server

pytestmark = pytest.mark.s3


def work_and_die(folder: Path, environment: dict[str, str]) -> None:
    """A worker of its own is killed as soon as there is something of an archive in the folder."""
    command = [sys.executable, "-m", "tests.helpers.dying_exporter"]
    deadline = time.monotonic() + 30
    with subprocess.Popen(command, cwd=ROOT, env=environment) as worker:
        while not any(path.stat().st_size for path in folder.glob("*/archive.zip")):
            assert time.monotonic() < deadline
        worker.kill()
    assert worker.returncode == -signal.SIGKILL


async def test_export_of_a_worker_killed_while_it_writes_is_made_whole_by_the_next(
    database: MakeDatabase, s3_server: Server, tmp_path: Path
) -> None:
    made = await database("invoice")
    environment = os.environ | {f"OFP_{name.upper()}": value for name, value in NO_STORE.items()}
    environment |= {"OFP_DATABASE_URL": made.worker, "OFP_S3_URL": s3_server.url}
    environment["OFP_EXPORT_FOLDER"] = str(tmp_path)
    async with exporting(made, s3_server.url) as desk:
        invoices = await desk.issue_archived(400)
        export = (await desk.order()).json()
        await asyncio.to_thread(work_and_die, tmp_path, environment)
        assert (await desk.get(export))["status"] == "running"
        sweep_workspaces(tmp_path)
        assert os.listdir(tmp_path) == []
        await desk.work(lambda: utc_now() + LEASE)
        assert (await desk.get(export))["status"] == "finished"
        archive = open_zip((await desk.download(export)).content)
    names = [name for name in archive.namelist() if name.endswith(".pdf")]
    assert [archive.read(name) for name in names] == [pdf_of(invoice) for invoice in invoices]
