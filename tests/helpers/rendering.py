"""The render service as its worker and its api hold it, against real servers; issued invoices come as events."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import msgspec
import uvicorn

from libs.common.app import create_app
from libs.common.clock import rfc3339, utc_now
from libs.common.consumer import Applier
from libs.common.context import Correlation, new_correlation
from libs.common.contracts.invoice import InvoiceIssued
from libs.common.contracts.invoice_corrections import InvoiceVoided
from libs.common.contracts.invoice_document import InvoiceDocument
from libs.common.db import Pool, open_pool
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from libs.common.object_store import ObjectStore
from libs.common.process import open_authenticator
from services.render.archive import Archive
from services.render.consumers import make_handlers
from services.render.drawing import Draw
from services.render.main import BODY_LIMITS, READ_SECONDS, build
from services.render.pdf.document import render_pdf
from services.render.renderer import Renderer
from services.render.resources import Resources, open_resources
from services.render.seal import Sealer, read_key
from services.render.settings import RenderSettings
from tests.helpers.databases import Database
from tests.helpers.records import as_record
from tests.helpers.servers import ACCESS_KEY, PASSWORD
from tests.unit.render.samples import make_invoice

LEASE = timedelta(seconds=20)
SHORT_LOCK = timedelta(hours=1)
RETENTION = timedelta(days=1)
SEAL_KEY = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"  # the key of RFC 8037, appendix A
PDF: Mapping[str, Draw] = {"pdf": render_pdf}


def make_settings(database_url: str, s3_url: str, **changes: Any) -> RenderSettings:
    """One bucket for all tests of a process: making one takes the store half a second."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "s3_url": s3_url,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": PASSWORD,
        "s3_bucket": f"documents-{os.getpid()}",
        "retention_days": 1,
        "link_secret": "a secret of the tests, 32 characters or more",
        "seal_key": SEAL_KEY,
    }
    return RenderSettings(**(values | changes))


@dataclass(frozen=True)
class Issued:
    """An invoice of which the event was published."""

    tenant: TenantId
    id: UUID
    document: dict[str, Any]
    correlation: Correlation
    record: Record


def issue(tenant: TenantId, *, invoice_id: UUID | None = None, **changes: Any) -> Issued:
    """The event of an issued invoice as it lies in Kafka; `changes` replace fields of the invoice."""
    identity = invoice_id or new_id()
    number = f"2642{identity.int % 10**16:016d}"
    plain = make_invoice(
        id=str(identity),
        number=number,
        issued_at=rfc3339(utc_now()),
        taxpayer_id=str(tenant),
        reference=f"SO-{identity}",
    )
    document = msgspec.convert(plain | changes, InvoiceDocument)
    payload = InvoiceIssued(
        number=document.number or number,
        reference=document.reference,
        channel="local_blocks",
        authority_state="submitted",
        expected_final_by=utc_now(),
        actor="authority",
        invoice=document,
    )
    correlation = new_correlation()
    record = as_record(payload, tenant=tenant, subject=identity, correlation=correlation)
    return Issued(tenant, identity, msgspec.to_builtins(document), correlation, record)


@dataclass(frozen=True)
class Rendering:
    """A worker without its loops, for PDF alone: the test consumes and renders when it wants to."""

    settings: RenderSettings
    pool: Pool
    archive: Archive
    objects: ObjectStore
    superuser: str
    retention: timedelta | None = RETENTION

    async def consume(self, *invoices: Issued, formats: Sequence[str] = tuple(PDF)) -> None:
        await Applier(self.pool, make_handlers(formats)).apply([invoice.record for invoice in invoices])

    async def void(self, *invoices: Issued, sequence: int = 2) -> None:
        """The events that the invoices were voided, in their place of the subject's order."""
        records = [
            as_record(
                InvoiceVoided(
                    number=invoice.document["number"],
                    reference="",
                    code=None,
                    voided_at=utc_now(),
                    reason="",
                    actor="user:1",
                ),
                tenant=invoice.tenant,
                subject=invoice.id,
                sequence=sequence,
            )
            for invoice in invoices
        ]
        await Applier(self.pool, make_handlers(())).apply(records)

    def make_renderer(
        self,
        drawers: Mapping[str, Draw] = PDF,
        *,
        archive: Archive | None = None,
        batch: int = 50,
        lease: timedelta = LEASE,
    ) -> Renderer:
        archive, sealer = archive or self.archive, Sealer(read_key(SEAL_KEY))
        return Renderer(
            self.pool, archive, drawers, sealer=sealer, batch=batch, lease=lease, retention=self.retention
        )

    async def render(self, drawers: Mapping[str, Draw] = PDF) -> None:
        """One round."""
        renderer = self.make_renderer(drawers)
        await renderer.step()
        renderer.close()

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows behind row-level security."""
        connection = await asyncpg.connect(self.superuser)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()


@asynccontextmanager
async def rendering(database: Database, s3_url: str) -> AsyncIterator[Rendering]:
    settings = make_settings(database.worker, s3_url)
    objects = ObjectStore(s3_url, ACCESS_KEY, PASSWORD)
    async with open_pool(database.worker, connections=4, name="test-render") as pool:
        archive = Archive(objects, settings.s3_bucket, SHORT_LOCK)
        await archive.prove()
        yield Rendering(settings, pool, archive, objects, database.superuser)
    objects.close()


@asynccontextmanager
async def serving(database: Database, worker: Rendering) -> AsyncIterator[aiohttp.ClientSession]:
    """The real api on a free port; the session has its address as base and no credential."""
    settings = worker.settings.model_copy(update={"database_url": database.api})
    async with AsyncExitStack() as stack:
        resources: Resources = await stack.enter_async_context(
            open_resources(settings, "api", read_seconds=READ_SECONDS)
        )
        authenticator = await stack.enter_async_context(open_authenticator(resources.pool, settings))
        app = create_app(build(), settings, authenticator, resources=resources, body_limits=BODY_LIMITS)
        address = await stack.enter_async_context(_listening(app))
        yield await stack.enter_async_context(aiohttp.ClientSession(address))


@asynccontextmanager
async def _listening(app: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    task = asyncio.create_task(server.serve([socket]))
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        socket.close()
