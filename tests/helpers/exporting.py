"""Exports as their worker makes them, against real Postgres and S3; documents come as render's events."""

import asyncio
import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from libs.common.clock import utc_now
from libs.common.contracts.render import (
    DocumentsReady,
    ReadyDocument,
    Seal,
    SealSignature,
    StoredObject,
)
from libs.common.db import transaction
from libs.common.object_store import ObjectStore
from services.invoice.consumers import HANDLERS
from services.invoice.exports.check_worker import CheckWorker
from services.invoice.exports.desk import ExportDesk, open_export_desk
from services.invoice.exports.worker import ExportWorker
from tests.helpers.databases import Database
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings
from tests.helpers.records import as_record
from tests.helpers.servers import ACCESS_KEY, PASSWORD

LIFE = timedelta(days=7)
ANNOUNCED = "select payload from outbox where type = $1 order by position"


FORMATS = ("ofd", "pdf", "xml")
"""In the order of the pack."""


def content_of(invoice: dict[str, Any], name: str) -> bytes:
    """Stands for the drawn document."""
    return f"{name} ".encode() + invoice["id"].encode() * 20


def pdf_of(invoice: dict[str, Any]) -> bytes:
    return content_of(invoice, "pdf")


def seal_of(invoice: dict[str, Any]) -> Seal:
    """Stands for the platform's signature."""
    signature = SealSignature(keyid="key-1", sig="c2ln")
    return Seal(payload_type="application/json", payload=invoice["id"], signatures=(signature,))


@dataclass
class Exporting:
    """A tenant that issues, and a worker that makes exports when the test wants it to."""

    shop: Issuing
    documents: ObjectStore
    desk: ExportDesk
    bucket: str

    @property
    def client(self) -> httpx.AsyncClient:
        return self.shop.client

    async def issue(self, **changes: Any) -> dict[str, Any]:
        response = await self.shop.post(make_body(**changes))
        assert response.status_code == 201, response.text
        invoice: dict[str, Any] = response.json()
        return invoice

    async def show(self) -> None:
        """What was issued is in the views."""
        await deliver(self.shop.worker_pool, HANDLERS, await take_records(self.shop.worker_pool))

    async def archive(self, *invoices: dict[str, Any], formats: Sequence[str] = FORMATS) -> None:
        """Render has stored their documents, all in one object, and says so."""
        pieces = [(invoice, name, content_of(invoice, name)) for invoice in invoices for name in formats]
        pack, key = b"".join(content for _, _, content in pieces), f"pack-{uuid4().hex}"
        until = utc_now() + timedelta(days=1)
        version = await self.documents.put_locked(
            self.bucket, key, pack, until=until, media_type="application/octet-stream"
        )
        places = iter(accumulate((len(content) for _, _, content in pieces), initial=0))
        records = []
        for invoice in invoices:
            documents = tuple(
                self._ready(name, content_of(invoice, name), key, version, next(places)) for name in formats
            )
            ready = DocumentsReady(
                number=invoice["number"],
                reference=invoice["reference"] or "",
                documents=documents,
                seal=seal_of(invoice),
            )
            records.append(as_record(ready, tenant=self.shop.tenant, subject=UUID(invoice["id"])))
        await deliver(self.shop.worker_pool, HANDLERS, records)

    def _ready(self, name: str, content: bytes, key: str, version: str, offset: int) -> ReadyDocument:
        place = StoredObject(
            bucket=self.bucket, key=key, version_id=version, offset=offset, length=len(content)
        )
        digest = sha256(content).hexdigest()
        return ReadyDocument(format=name, version=1, sha256=digest, size=len(content), object=place)

    async def issue_archived(self, count: int) -> list[dict[str, Any]]:
        invoices = [await self.issue() for _ in range(count)]
        await self.show()
        await self.archive(*invoices)
        return invoices

    async def order(self, body: dict[str, Any] | None = None, key: str | None = None) -> httpx.Response:
        headers = {"idempotency-key": key or uuid4().hex}
        return await self.client.post("/v1/exports", json=body or {}, headers=headers)

    def make_worker(self, now: Callable[[], datetime] = utc_now, **changes: Any) -> ExportWorker:
        return ExportWorker(
            self.shop.worker_pool, self.documents, self.desk, **({"life": LIFE, "now": now} | changes)
        )

    async def work(self, now: Callable[[], datetime] = utc_now) -> None:
        """Until nothing is left to do."""
        worker = self.make_worker(now)
        async with asyncio.timeout(60):
            while await worker.step():
                pass
        await worker.close()

    async def check(self, export: dict[str, Any], documents: int = 20) -> dict[str, Any]:
        """Ordered and carried out: the check as it then is."""
        path, key = f"/v1/exports/{export['id']}/checks", {"idempotency-key": uuid4().hex}
        response = await self.client.post(path, json={"documents": documents}, headers=key)
        assert response.status_code == 202, response.text
        await self.work_checks()
        check: dict[str, Any] = (await self.client.get(response.headers["location"])).json()
        return check

    async def work_checks(self) -> None:
        worker = CheckWorker(self.shop.worker_pool, self.desk)
        async with asyncio.timeout(60):
            while await worker.step():
                pass

    async def announced(self, event_type: str) -> list[dict[str, Any]]:
        """The payloads of that type, in their order."""
        async with transaction(self.shop.worker_pool) as tx:
            rows = await tx.fetch(ANNOUNCED, event_type)
        return [msgspec.json.decode(row["payload"]) for row in rows]

    async def get(self, export: dict[str, Any]) -> dict[str, Any]:
        response = await self.client.get(f"/v1/exports/{export['id']}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def download(self, export: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.client.get(f"/v1/exports/{export['id']}/file", headers=headers)

    async def make(self, body: dict[str, Any] | None = None) -> zipfile.ZipFile:
        """Ordered, made and downloaded."""
        response = await self.order(body)
        assert response.status_code == 202, response.text
        await self.work()
        return open_zip((await self.download(response.json())).content)


def open_zip(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = msgspec.json.decode(archive.read("manifest.json"))
    return manifest


@asynccontextmanager
async def exporting(database: Database, s3_url: str, *, allowed: str = "none") -> AsyncIterator[Exporting]:
    """`allowed` are the addresses inside to which archives may be sent.

    Buckets are shared by the tests of a process: making one takes the store half a second.
    """
    documents = ObjectStore(s3_url, ACCESS_KEY, PASSWORD)
    bucket = f"documents-{os.getpid()}"
    await documents.make_bucket(bucket)
    settings = make_settings("postgresql://unused", s3_url=s3_url, export_targets_allowed=allowed)
    async with issuing(database, s3_url=s3_url, export_targets_allowed=allowed) as shop:
        yield Exporting(shop, documents, open_export_desk(settings), bucket)
    documents.close()
