"""The processes of render: killed in mid-batch, started without an archive, and as a whole with Kafka."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median

import aiohttp
import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from minio import Minio

from deploy.local.process import Process, http_check, wait_until
from deploy.local.running import running
from deploy.local.topics import create_topics
from libs.common.contracts.render import DocumentsReady
from libs.common.ids import TenantId, new_id
from libs.common.object_store import Recorded, Slice
from services.render.domain import FORMATS
from services.render.drawing import DRAWERS
from services.render.pdf.document import render_pdf
from services.render.settings import RenderSettings
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.rendering import Issued, Rendering, issue, make_settings, rendering
from tests.helpers.servers import ACCESS_KEY, PASSWORD, ROOT, Server, free_ports, make_server

pytestmark = pytest.mark.s3

NOWHERE = "127.0.0.1:9"
# `OFP_RENDER_KILLS=50 OFP_RENDER_FREEZE=60` is the whole proof, see docs/archive.md.
KILLS = int(os.environ.get("OFP_RENDER_KILLS", "3"))
FREEZE_SECONDS = float(os.environ.get("OFP_RENDER_FREEZE", "4"))
OBJECTS, PUTS = "select * from objects", "select * from puts"
COUNT_STATES = "select state, count(*) from documents group by state"
FIND_CLAIMED = "select 1 from documents where state = 'pending' and claimed_until > now() limit 1"


@pytest.fixture
async def mine(database: MakeDatabase) -> Database:
    return await database("render")


@pytest.fixture
async def worker(mine: Database, s3_server: Server) -> AsyncIterator[Rendering]:
    async with rendering(mine, s3_server.url) as open_worker:
        yield open_worker


def _environment(settings: RenderSettings, **changes: object) -> dict[str, str]:
    values = {
        "OFP_DATABASE_URL": settings.database_url,
        "OFP_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "OFP_S3_URL": settings.s3_url,
        "OFP_S3_ACCESS_KEY": settings.s3_access_key,
        "OFP_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "OFP_S3_BUCKET": settings.s3_bucket,
        "OFP_LINK_SECRET": settings.link_secret.get_secret_value(),
        "OFP_SEAL_KEY": settings.seal_key.get_secret_value(),
        "OFP_RETENTION_DAYS": "1",
        "OFP_DRAIN_SECONDS": "0",
    }
    return values | {f"OFP_{name.upper()}": str(value) for name, value in changes.items()}


def _process(role: str, environment: Mapping[str, str]) -> Process:
    http, internal = free_ports(2)
    ports = {"OFP_HTTP_PORT": str(http), "OFP_INTERNAL_PORT": str(internal)}
    return Process(
        name=f"render-{role}",
        command=(sys.executable, "-m", "services.render", role),
        environment={**environment, **ports},
        directory=ROOT,
        port=http if role == "api" else internal,
        is_ready=http_check(f"http://127.0.0.1:{internal}/health/ready"),
    )


async def _until(condition: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 60) -> None:
    await wait_until(condition, seconds, what)


async def _issue_many(worker: Rendering, count: int) -> list[Issued]:
    tenant = TenantId(new_id())
    invoices = [issue(tenant, drawer=f"开票员{n}") for n in range(count)]
    for first in range(0, count, 500):
        await worker.consume(*invoices[first : first + 500], formats=FORMATS)
    return invoices


async def _all_ready(worker: Rendering) -> bool:
    return {row["state"] for row in await worker.fetch(COUNT_STATES)} == {"ready"}


def _recorded(row: asyncpg.Record) -> Recorded:
    names = ("bucket", "object_key", "object_version_id", "object_offset", "size")
    return Recorded(Slice(*(row[name] for name in names)), row["sha256"])


async def _check_every_document(worker: Rendering, invoices: list[Issued]) -> int:
    """Each invoice has one event, each document its own bytes in the archive; returns how many orphans there are.

    Each of them is known by its row in puts.
    """
    rows = await worker.fetch("select * from documents order by object_key, object_offset")
    assert len(rows) == len(invoices) * len(FORMATS)
    assert await worker.fetch("select 1 from outbox offset $1", len(invoices)) == []
    assert len(await worker.fetch("select distinct subject from outbox")) == len(invoices)
    issued = {invoice.id: invoice for invoice in invoices}
    contents = await worker.objects.read_many([_recorded(row) for row in rows])
    for row, content in zip(rows, contents, strict=True):
        assert content == DRAWERS[row["format"]](issued[row["invoice_id"]].document | {"mark": None})
    minio = Minio(worker.settings.s3_url.removeprefix("http://"), ACCESS_KEY, PASSWORD, secure=False)
    prefix = f"{invoices[0].tenant}/"
    versions = minio.list_objects(worker.settings.s3_bucket, prefix, recursive=True, include_version=True)
    stored = {(one.object_name, one.version_id) for one in versions}
    used = {(row["object_key"], row["object_version_id"]) for row in rows}
    assert used <= stored
    assert used == {(row["object_key"], row["object_version_id"]) for row in await worker.fetch(OBJECTS)}
    orphans = stored - used
    assert {key for key, _ in orphans} <= {row["object_key"] for row in await worker.fetch(PUTS)}
    return len(orphans)


@pytest.mark.timeout(240 + 20 * KILLS)
async def test_worker_killed_in_mid_batch_again_and_again_loses_nothing(
    worker: Rendering, s3_server: Server, tmp_path: Path
) -> None:
    """KILLS times; every document is there a minute after the last."""
    invoices = await _issue_many(worker, 40 * KILLS)
    environment = _environment(
        worker.settings, kafka_bootstrap=NOWHERE, render_batch=20, render_lease_seconds=5
    )

    async def holds_claims() -> bool:
        return bool(await worker.fetch(FIND_CLAIMED))

    async with running(_process("worker", environment), tmp_path / "log") as process:
        for _ in range(KILLS):
            await _until(holds_claims, "a claim")
            await process.kill()
            await process.start()
        await _until(lambda: _all_ready(worker), "every document")
    # Each of the three loops of a killed worker may have left one.
    assert await _check_every_document(worker, invoices) <= 3 * KILLS


async def _issue_for(worker: Rendering, tenant: TenantId, seconds: float) -> tuple[list[Issued], float]:
    """One invoice after the other, and how long an event took to be applied at the median."""
    ends_at, issued, taken = time.monotonic() + seconds, [], []

    async def is_over() -> bool:
        began = time.monotonic()
        issued.append(issue(tenant))
        await worker.consume(issued[-1], formats=FORMATS)
        taken.append(time.monotonic() - began)
        return time.monotonic() >= ends_at

    await _until(is_over, "the end of the freeze", seconds=seconds + 30)
    return issued, median(taken)


@pytest.mark.timeout(240 + 4 * FREEZE_SECONDS)
async def test_store_frozen_holds_up_nothing_but_documents_and_the_backlog_drains(
    mine: Database, tmp_path: Path
) -> None:
    """FREEZE_SECONDS long; what is issued meanwhile is taken in at once."""
    store, address = make_server("s3", tmp_path)
    async with (
        running(store, tmp_path / "s3.log") as server,
        rendering(mine, str(address["url"])) as worker,
    ):
        environment = _environment(worker.settings, kafka_bootstrap=NOWHERE, render_lease_seconds=2)
        before = await _issue_many(worker, 50)
        async with running(_process("worker", environment), tmp_path / "log") as process:
            await _until(lambda: _all_ready(worker), "the first documents")
            assert server.pid is not None
            os.kill(server.pid, signal.SIGSTOP)
            try:
                during, usual = await _issue_for(worker, before[0].tenant, FREEZE_SECONDS)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            assert not await _all_ready(worker)
            await _until(lambda: _all_ready(worker), "the backlog")
            assert process.pid is not None
        assert usual < 1
        await _check_every_document(worker, before + during)


async def test_worker_killed_between_put_and_commit_leaves_only_an_orphan(
    worker: Rendering, s3_server: Server
) -> None:
    invoices = await _issue_many(worker, 10)
    environment = _environment(worker.settings, render_lease_seconds=1)
    command = [sys.executable, "-m", "tests.helpers.dying_renderer"]
    for _ in range(3):
        await worker.fetch("update documents set claimed_until = now() - interval '1 second'")
        died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environment, check=False)
        assert died.returncode == -signal.SIGKILL
        assert [row["state"] for row in await worker.fetch(COUNT_STATES)] == ["pending"]
    await worker.fetch("update documents set claimed_until = now() - interval '1 second'")
    await worker.render(DRAWERS)
    assert await _check_every_document(worker, invoices) == 3


async def test_worker_started_without_the_archive_waits_for_it(mine: Database, tmp_path: Path) -> None:
    store, address = make_server("s3", tmp_path)
    settings = make_settings(mine.worker, str(address["url"]))
    environment = _environment(settings, kafka_bootstrap=NOWHERE)
    log = tmp_path / "worker.log"

    async def has_tried() -> bool:
        return log.read_text().count("loop_round_failed") > 3

    async def is_proven() -> bool:
        return "archive_proven" in log.read_text()

    async with running(_process("worker", environment), log) as process:
        pid = process.pid
        await _until(has_tried, "some tries")
        async with running(store, tmp_path / "s3.log"):
            await _until(is_proven, "the proof")
        assert process.pid == pid


async def test_worker_refuses_a_bucket_without_object_lock(
    mine: Database, s3_server: Server, tmp_path: Path
) -> None:
    bucket = f"unlocked-{new_id()}"
    Minio(s3_server.url.removeprefix("http://"), ACCESS_KEY, PASSWORD, secure=False).make_bucket(bucket)
    settings = make_settings(mine.worker, s3_server.url, s3_bucket=bucket)
    process = _process("worker", _environment(settings, kafka_bootstrap=NOWHERE))
    ended = await asyncio.to_thread(
        subprocess.run,
        process.command,
        cwd=ROOT,
        env=dict(process.environment),
        check=False,
        capture_output=True,
        timeout=30,
    )
    assert ended.returncode == 1
    assert b"Refusing to start" in ended.stderr
    assert b"archive_not_locked" in ended.stdout


@pytest.mark.kafka
async def test_event_in_kafka_becomes_a_pdf_over_http_and_an_event(
    worker: Rendering, mine: Database, kafka_server: Server, tmp_path: Path
) -> None:
    await create_topics(kafka_server.url)
    tenant = TenantId(new_id())
    issued, secret = issue(tenant), await grant_api_key(worker.pool, tenant)
    environment = _environment(worker.settings, kafka_bootstrap=kafka_server.url)
    api = _process("api", environment | {"OFP_DATABASE_URL": mine.api})
    async with (
        running(_process("worker", environment), tmp_path / "worker.log"),
        running(api, tmp_path / "api.log"),
        AIOKafkaProducer(bootstrap_servers=kafka_server.url) as producer,
        AIOKafkaConsumer(
            "render.events", bootstrap_servers=kafka_server.url, auto_offset_reset="earliest"
        ) as events,
    ):
        record = issued.record
        await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
        url = f"http://127.0.0.1:{api.port}/v1/invoices/{issued.id}/documents/pdf"
        assert await _download(url, secret) == render_pdf(issued.document)
        headers, event = await _event_of(events, str(issued.id))
        assert headers["ce_type"] == DocumentsReady.TYPE
        assert headers["ce_correlationid"] == issued.correlation.id
        assert event.number == issued.document["number"]
        [size] = [document.size for document in event.documents if document.format == "pdf"]
        assert size == len(render_pdf(issued.document))


async def _download(url: str, secret: str) -> bytes:
    """As a client does: ask again for as long as it is not ready."""
    content = b""
    async with aiohttp.ClientSession(headers={"authorization": f"Bearer {secret}"}) as http:

        async def is_ready() -> bool:
            nonlocal content
            async with http.get(url) as answer:
                content = await answer.read()
                assert answer.status in {200, 202, 404}
                return answer.status == 200

        await _until(is_ready, "the PDF")
    return content


async def _event_of(events: AIOKafkaConsumer, subject: str) -> tuple[dict[str, str], DocumentsReady]:
    async with asyncio.timeout(30):
        async for record in events:
            if record.key == subject.encode():
                headers = {name: value.decode() for name, value in record.headers}
                return headers, msgspec.json.decode(record.value, type=DocumentsReady)
    raise AssertionError("no event came")
