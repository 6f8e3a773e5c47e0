"""The restore check: a sound archive passes, any damage is found, wherever the archive lies."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyrage
import pytest

from services.invoice.exports.loops import run_schedules
from tests.helpers import webdav
from tests.helpers.databases import MakeDatabase
from tests.helpers.exporting import Exporting, exporting
from tests.helpers.servers import Server
from tests.helpers.webdav import WebDavFolder, serve_webdav

pytestmark = pytest.mark.s3


@pytest.fixture
def folder() -> Iterator[WebDavFolder]:
    with serve_webdav() as served:
        yield served


@pytest.fixture
async def desk(database: MakeDatabase, s3_server: Server, folder: WebDavFolder) -> AsyncIterator[Exporting]:
    made = await database("invoice")
    async with exporting(made, s3_server.url, allowed=f"127.0.0.1:{folder.port}") as opened:
        yield opened


async def exported(desk: Exporting, count: int = 3, **body: Any) -> dict[str, Any]:
    await desk.issue_archived(count)
    export = (await desk.order(body)).json()
    await desk.work()
    return await desk.get(export)


async def spoil(
    desk: Exporting, export: dict[str, Any], change: Callable[[Path], None], folder: Path
) -> None:
    """Change what the platform keeps."""
    key = f"{desk.shop.tenant}/{export['id']}/openfapiao-{export['id']}.zip"
    path = folder / "archive.zip"
    await asyncio.to_thread(desk.desk.kept.fetch, key, path)
    change(path)
    await asyncio.to_thread(desk.desk.kept.put, key, path)


def findings_of(check: dict[str, Any]) -> set[str]:
    assert check["status"] == "failed", check
    return {finding["code"] for finding in check["result"]["findings"]}


async def test_check_of_a_sound_archive_passes(desk: Exporting) -> None:
    export = await exported(desk)
    check = await desk.check(export, documents=3)
    assert (check["status"], check["result"]["findings"]) == ("passed", [])
    assert check["result"]["documents_checked"] == 3
    assert check["result"]["archive_sha256"] == export["sha256"]
    listed = await desk.client.get(f"/v1/exports/{export['id']}/checks")
    assert listed.json()["items"] == [check]
    assert await desk.announced("invoice.export_check_failed.v1") == []


async def test_check_finds_a_flipped_byte_of_a_document(desk: Exporting, tmp_path: Path) -> None:
    def flip(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            at = archive.infolist()[0].header_offset + 300
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)

    export = await exported(desk)
    await spoil(desk, export, flip, tmp_path)
    assert findings_of(await desk.check(export)) >= {"archive-differs", "file-damaged"}


async def test_check_finds_a_document_that_was_exchanged(desk: Exporting, tmp_path: Path) -> None:
    """Archive and manifest agree with each other, but not with the platform."""

    def exchange(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        first = next(name for name in contents if name.startswith("documents/"))
        contents[first] = b"%PDF-1.7 another"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)

    export = await exported(desk)
    await spoil(desk, export, exchange, tmp_path)
    assert findings_of(await desk.check(export)) == {"archive-differs", "file-differs", "document-differs"}


async def test_check_finds_an_archive_that_was_cut(desk: Exporting, tmp_path: Path) -> None:
    export = await exported(desk)
    await spoil(desk, export, lambda path: path.write_bytes(path.read_bytes()[:1000]) and None, tmp_path)
    assert findings_of(await desk.check(export)) == {"archive-differs", "archive-unreadable"}


async def test_check_finds_an_archive_that_is_gone(desk: Exporting) -> None:
    export = await exported(desk)
    key = f"{desk.shop.tenant}/{export['id']}/openfapiao-{export['id']}.zip"
    await asyncio.to_thread(desk.desk.kept.delete, key)
    assert findings_of(check := await desk.check(export)) == {"archive-missing"}
    (told,) = await desk.announced("invoice.export_check_failed.v1")
    assert (told["check_id"], told["findings"]) == (check["id"], ["archive-missing"])


async def test_check_of_an_encrypted_archive_compares_the_whole(desk: Exporting) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    check = await desk.check(await exported(desk, recipients=[recipient]))
    assert (check["status"], check["result"]["is_encrypted"]) == ("passed", True)


async def test_check_before_the_export_is_finished_is_refused(desk: Exporting) -> None:
    export = (await desk.order()).json()
    path, key = f"/v1/exports/{export['id']}/checks", {"idempotency-key": uuid4().hex}
    response = await desk.client.post(path, json={}, headers=key)
    assert (response.status_code, response.json()["code"]) == (409, "export-not-finished")


async def test_check_of_no_export_is_not_found(desk: Exporting) -> None:
    path, key = f"/v1/exports/{uuid4()}/checks", {"idempotency-key": uuid4().hex}
    assert (await desk.client.post(path, json={}, headers=key)).status_code == 404


async def test_check_wanted_by_the_schedule_looks_at_the_targets_copy(
    desk: Exporting, folder: WebDavFolder
) -> None:
    target = {"kind": "webdav", "url": folder.url, "user": webdav.USER, "password": webdav.PASSWORD}
    body = {"name": "备份", "frequency": "weekly", "target": target, "check_documents": 5}
    key = {"idempotency-key": uuid4().hex}
    schedule = (await desk.client.post("/v1/export-schedules", json=body, headers=key)).json()
    await desk.issue_archived(1)
    due = datetime.fromisoformat(schedule["next_run_at"])
    assert await run_schedules(desk.shop.worker_pool, lambda: due)
    await desk.work(lambda: due)
    (path,) = folder.files
    folder.files[path] = folder.files[path][:-50]
    (export,) = (await desk.client.get("/v1/exports")).json()["items"]
    check = await desk.check(export)
    assert "archive-differs" in findings_of(check)
    checks = (await desk.client.get(f"/v1/exports/{export['id']}/checks")).json()["items"]
    assert len(checks) == 2
