"""A disk that damages one document: the api says so in bounded time, names the invoice, and serves the others."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.local.process import wait_until
from deploy.local.running import running
from libs.common.ids import TenantId, new_id
from libs.common.object_store import Slice, StoreUnavailable
from services.render.pdf.document import render_pdf
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.rendering import Issued, Rendering, issue, rendering, serving
from tests.helpers.servers import make_server

pytestmark = pytest.mark.s3


async def test_document_damaged_on_disk_is_withheld_and_the_others_are_served(
    database: MakeDatabase, tmp_path: Path
) -> None:
    mine = await database("render")
    store, address = make_server("s3", tmp_path)
    async with (
        running(store, tmp_path / "s3.log") as server,
        rendering(mine, str(address["url"])) as worker,
        serving(mine, worker) as session,
    ):
        tenant = TenantId(new_id())
        secret = await grant_api_key(worker.pool, tenant)
        damaged, sound = issue(tenant), issue(tenant)
        for issued in (damaged, sound):
            await worker.consume(issued)
            await worker.render()
        await server.stop()
        _damage(tmp_path, render_pdf(damaged.document))
        await server.start()
        await wait_until(lambda: _is_whole(worker, sound), 60, "the restarted store")
        headers = {"authorization": f"Bearer {secret}"}
        with capture_logs() as lines:
            async with session.get(f"/v1/invoices/{damaged.id}/documents/pdf", headers=headers) as answer:
                problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == (503, "document-unreadable")
        [line] = [line for line in lines if line["event"] == "document_not_served"]
        assert (line["log_level"], line["invoice_id"]) == ("error", str(damaged.id))
        async with session.get(f"/v1/invoices/{sound.id}/documents/pdf", headers=headers) as answer:
            assert await answer.read() == render_pdf(sound.document)


async def _is_whole(worker: Rendering, issued: Issued) -> bool:
    """Whether the archive gives the document back."""
    [row] = await worker.fetch("select * from documents where invoice_id = $1", issued.id)
    place = Slice(row["bucket"], row["object_key"], row["object_version_id"], 0, row["size"])
    try:
        await worker.objects.read(place, sha256=row["sha256"])
    except StoreUnavailable:
        return False
    return True


def _damage(folder: Path, content: bytes) -> None:
    """Overwrite four bytes of it, wherever it lies."""
    middle = len(content) // 2
    places = [
        (path, place)
        for path in folder.rglob("*.dat")
        if (place := path.read_bytes().find(content[middle : middle + 100])) >= 0
    ]
    [(path, place)] = places
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\0\0\0\0")
