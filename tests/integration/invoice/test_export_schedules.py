"""Schedules: one export a period, sent to S3 or WebDAV with credentials that nobody sees again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from libs.common.clock import SHANGHAI, utc_now
from services.invoice.domain.export import MOST_ATTEMPTS, Target, TargetKind
from services.invoice.exports.loops import run_schedules
from services.invoice.exports.places import S3Place
from tests.helpers import webdav
from tests.helpers.databases import MakeDatabase
from tests.helpers.exporting import Exporting, exporting, manifest_of, open_zip
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server
from tests.helpers.webdav import WebDavFolder, serve_webdav

pytestmark = pytest.mark.s3


@pytest.fixture
def folder() -> Iterator[WebDavFolder]:
    with serve_webdav() as served:
        yield served


@pytest.fixture
async def desk(database: MakeDatabase, s3_server: Server, folder: WebDavFolder) -> AsyncIterator[Exporting]:
    allowed = f"127.0.0.1:{s3_server.port}, 127.0.0.1:{folder.port}"
    async with exporting(await database("invoice"), s3_server.url, allowed=allowed) as opened:
        yield opened


def webdav_target(folder: WebDavFolder, **changes: Any) -> dict[str, Any]:
    own = {"kind": "webdav", "url": folder.url, "user": webdav.USER, "password": webdav.PASSWORD}
    return {**own, "prefix": "invoices/", **changes}


async def add(desk: Exporting, **changes: Any) -> httpx.Response:
    body = {"name": "每月备份", "frequency": "monthly", **changes}
    return await desk.client.post("/v1/export-schedules", json=body, headers={"idempotency-key": uuid4().hex})


async def created(desk: Exporting, **changes: Any) -> dict[str, Any]:
    response = await add(desk, **changes)
    assert response.status_code == 201, response.text
    schedule: dict[str, Any] = response.json()
    return schedule


async def run(desk: Exporting, schedule: dict[str, Any], **later: int) -> list[dict[str, Any]]:
    """All that is due `later` than the next run; the exports in the order of their periods."""
    now = datetime.fromisoformat(schedule["next_run_at"]) + timedelta(**later)
    while await run_schedules(desk.shop.worker_pool, lambda: now):
        pass
    await desk.work(lambda: now)
    exports = (await desk.client.get("/v1/exports", params={"schedule_id": schedule["id"]})).json()["items"]
    return sorted(exports, key=lambda export: str(export["period"]["from"]))


async def test_schedule_monthly_first_runs_when_the_month_has_ended(desk: Exporting) -> None:
    schedule = await created(desk)
    first = datetime.fromisoformat(schedule["next_run_at"]).astimezone(SHANGHAI)
    assert (first.day, first.hour, first.minute) == (1, 2, 0)
    assert timedelta() < first - utc_now() <= timedelta(days=32)


async def test_schedule_orders_each_period_once_however_many_workers_run(desk: Exporting) -> None:
    schedule = await created(desk, frequency="weekly")
    now = datetime.fromisoformat(schedule["next_run_at"])
    await asyncio.gather(*(run_schedules(desk.shop.worker_pool, lambda: now) for _ in range(5)))
    (export,) = await run(desk, schedule)
    first, last = (datetime.fromisoformat(export["period"][name]) for name in ("from", "to"))
    assert (first.weekday(), last - first) == (0, timedelta(days=6))
    assert export["status"] == "finished"


async def test_schedule_periods_missed_by_a_dead_worker_are_made_up_for(desk: Exporting) -> None:
    schedule = await created(desk, frequency="weekly")
    exports = await run(desk, schedule, days=14)
    firsts = [datetime.fromisoformat(export["period"]["from"]) for export in exports]
    assert [later - earlier for earlier, later in pairwise(firsts)] == [timedelta(days=7)] * 2


async def test_schedule_archive_lies_in_the_webdav_folder(desk: Exporting, folder: WebDavFolder) -> None:
    (invoice,) = await desk.issue_archived(1)
    (export,) = await run(desk, await created(desk, target=webdav_target(folder)))
    assert export["status"] == "finished", export
    name = f"openfapiao-{export['period']['from']}-{export['period']['to']}-{export['id']}.zip"
    content = folder.files[f"/dav/invoices/{name}"]
    assert hashlib.sha256(content).hexdigest() == export["sha256"]
    assert [each["id"] for each in manifest_of(open_zip(content))["invoices"]] == [invoice["id"]]


async def test_schedule_archive_lies_in_the_bucket(desk: Exporting, s3_server: Server) -> None:
    bucket = f"tenant-{uuid4().hex}"
    target = {"kind": "s3", "endpoint": s3_server.url, "bucket": bucket, "prefix": "a/b/"}
    secrets = {"access_key": ACCESS_KEY, "secret_key": PASSWORD}
    (export,) = await run(desk, await created(desk, target={**target, **secrets}))
    assert export["status"] == "finished", export
    place = S3Place(
        Target(kind=TargetKind.S3, url=s3_server.url, bucket=bucket, prefix="a/b/", user=ACCESS_KEY), PASSWORD
    )
    name = f"openfapiao-{export['period']['from']}-{export['period']['to']}-{export['id']}.zip"
    content = b"".join(await asyncio.to_thread(list, place.stream(name)))
    assert hashlib.sha256(content).hexdigest() == export["sha256"]


async def test_schedule_target_that_fails_is_tried_again_and_told(
    desk: Exporting, folder: WebDavFolder
) -> None:
    folder.status = 507
    schedule = await created(desk, target=webdav_target(folder))
    (export,) = await run(desk, schedule)
    assert (export["status"], export["problem"]["code"]) == ("queued", "export-target-unavailable")
    assert "507" in export["problem"]["detail"]
    folder.status = 0
    (export,) = await run(desk, schedule, minutes=1)
    assert (export["status"], export["problem"]) == ("finished", None)


async def test_schedule_target_that_never_takes_it_is_announced_in_the_end(
    desk: Exporting, folder: WebDavFolder
) -> None:
    folder.status = 507
    schedule = await created(desk, target=webdav_target(folder))
    for attempt in range(MOST_ATTEMPTS):
        assert await desk.announced("invoice.export_failed.v1") == []
        (export,) = await run(desk, schedule, minutes=31 * attempt)
    assert export["status"] == "failed"
    (told,) = await desk.announced("invoice.export_failed.v1")
    assert (told["reason_code"], told["schedule_id"]) == ("export-target-unavailable", schedule["id"])
    assert told["first_day"] == export["period"]["from"]


async def test_schedule_target_that_redirects_is_not_followed(desk: Exporting, folder: WebDavFolder) -> None:
    folder.status = 307
    (export,) = await run(desk, await created(desk, target=webdav_target(folder)))
    assert export["status"] == "queued"
    assert "/inside" not in folder.asked


async def test_schedule_secrets_are_never_answered_and_sealed_at_rest(
    desk: Exporting, folder: WebDavFolder
) -> None:
    schedule = await created(desk, target=webdav_target(folder))
    await run(desk, schedule)
    for path in ("/v1/export-schedules", f"/v1/export-schedules/{schedule['id']}", "/v1/exports"):
        assert webdav.PASSWORD not in (await desk.client.get(path)).text
    connection = await asyncpg.connect(desk.shop.superuser)
    keys = await connection.fetch("select * from idempotency_keys")
    rows = [*keys, *await connection.fetch("select s, e from export_schedules s, exports e")]
    (sealed,) = [
        row["sealed_secrets"] for row in await connection.fetch("select sealed_secrets from export_schedules")
    ]
    await connection.close()
    assert webdav.PASSWORD not in str(rows)
    assert desk.desk.seal.open(UUID(schedule["id"]), sealed) == webdav.PASSWORD


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "http://93.184.216.34/x"])
async def test_schedule_target_inside_is_refused(desk: Exporting, folder: WebDavFolder, url: str) -> None:
    response = await add(desk, target=webdav_target(folder, url=url))
    assert (response.status_code, response.json()["code"]) == (422, "export-target-refused"), response.text


async def test_schedule_target_that_is_no_address_is_refused(desk: Exporting, folder: WebDavFolder) -> None:
    for url in ["file:///etc/passwd", "gopher://x/", "https://①②⑦.0.0.1/", "", "https://a b/"]:
        response = await add(desk, target=webdav_target(folder, url=url))
        assert response.status_code == 422, url


UNACCEPTABLE: list[dict[str, Any]] = [
    {"frequency": "daily"},
    {"name": ""},
    {"target": {"kind": "ftp"}},
    {"target": {"kind": "platform", "url": "https://x.example"}},
    {"filter": {"issued_from": "2026-01-01"}},
    {"recipients": ["age1"]},
    {"is_active": "yes"},
    {"check_documents": -1},
]


async def test_schedule_unacceptable_body_is_refused(desk: Exporting) -> None:
    for changes in UNACCEPTABLE:
        response = await add(desk, **changes)
        assert response.status_code == 422, changes


async def test_schedule_prefix_that_leads_elsewhere_is_refused(desk: Exporting, folder: WebDavFolder) -> None:
    for prefix in ["../", "/", "a/../b/", "a", "a//", "./"]:
        response = await add(desk, target=webdav_target(folder, prefix=prefix))
        assert response.status_code == 422, prefix


async def test_schedule_edited_and_deleted_runs_no_more(desk: Exporting) -> None:
    schedule = await created(desk)
    path = f"/v1/export-schedules/{schedule['id']}"
    tag = (await desk.client.get(path)).headers["etag"]
    edited = await desk.client.patch(
        path, json={"name": "停用", "is_active": False}, headers={"if-match": tag}
    )
    assert (edited.json()["name"], edited.json()["is_active"]) == ("停用", False)
    stale = await desk.client.patch(path, json={"is_active": True}, headers={"if-match": tag})
    assert stale.status_code == 412
    assert await run(desk, schedule, days=40) == []
    await desk.client.patch(path, json={"is_active": True})
    assert (await desk.client.delete(path)).status_code == 204
    assert (await desk.client.get(path)).status_code == 404
    assert await run(desk, schedule, days=400) == []


async def test_schedule_of_another_tenant_is_not_found(desk: Exporting) -> None:
    assert (await desk.client.get(f"/v1/export-schedules/{uuid4()}")).status_code == 404
    assert (await desk.client.delete(f"/v1/export-schedules/{uuid4()}")).status_code == 404
