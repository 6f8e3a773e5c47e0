"""The notify service in process, against a real database; events come as the records they are in Kafka."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec

from libs.common.clock import utc_now
from libs.common.consumer import Applier
from libs.common.contracts.invoice import (
    InvoiceIssued,
)
from libs.common.contracts.invoice_corrections import (
    InvoiceVoided,
)
from libs.common.contracts.invoice_document import InvoiceDocument
from libs.common.contracts.render import DocumentsReady, ReadyDocument, StoredObject
from libs.common.db import Pool, open_pool
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from libs.common.object_store import ObjectStore
from libs.common.settings import Settings
from services.notify.main import HANDLERS, Resources, build
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database
from tests.helpers.in_process import make_client, open_app
from tests.helpers.records import as_record

PDF = b"%PDF-1.7 not drawn, but bytes with a hash\n" * 1200
NOWHERE = StoredObject(bucket="none", key="none", version_id="none", offset=0, length=1)


@dataclass(frozen=True)
class Story:
    """One invoice in the events of invoice and render; `changes` replace fields of the invoice."""

    tenant: TenantId
    email: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)

    @property
    def number(self) -> str:
        return f"2642{self.id.int % 10**16:016d}"

    def issued(self) -> Record:
        channels = ["email"] if self.email is not None else []
        party = {"name": "武汉晴川数码科技有限公司", "tax_id": "91420100MA4K00001E"}
        plain: dict[str, Any] = {
            "id": str(self.id),
            "kind": "digital_ordinary",
            "number": self.number,
            "code": None,
            "issue_date": "2026-11-24",
            "issued_at": "2026-11-24T06:40:07Z",
            "taxpayer_id": str(self.tenant),
            "seller": party,
            "buyer": party | {"name": "杭州青禾软件有限公司", "email": ""},
            "lines": [],
            "totals": {
                "amount": "1038.00",
                "tax": "134.94",
                "amount_with_tax": "1172.94",
                "amount_with_tax_words": "壹仟壹佰柒拾贰圆玖角肆分",
            },
            "qr_text": "01,32,,26422000000000000001,1172.94,20261124,,2541",
            "remarks": "",
            "drawer": "张三",
            "reference": f"SO-{self.id}",
            "deliver": {"channels": channels, "to": {"email": self.email} if self.email else {}},
        }
        document = msgspec.convert(plain | dict(self.changes), InvoiceDocument)
        payload = InvoiceIssued(
            number=self.number,
            reference=document.reference,
            channel="local_blocks",
            authority_state="not_submitted",
            expected_final_by=datetime(2026, 11, 24, 7, tzinfo=UTC),
            actor="api_key:test",
            invoice=document,
        )
        return as_record(payload, tenant=self.tenant, subject=self.id)

    def voided(self, reason: str = "") -> Record:
        payload = InvoiceVoided(
            number=self.number,
            reference=f"SO-{self.id}",
            code=None,
            voided_at=datetime(2026, 11, 25, tzinfo=UTC),
            reason=reason,
            actor="api_key:test",
        )
        return as_record(payload, tenant=self.tenant, subject=self.id, sequence=2)

    def ready(
        self, where: StoredObject = NOWHERE, *, sequence: int = 1, document_format: str = "pdf"
    ) -> Record:
        return self.ready_together({document_format: (where, PDF)}, sequence=sequence)

    def ready_together(
        self, documents: Mapping[str, tuple[StoredObject, bytes]], *, sequence: int = 1
    ) -> Record:
        """By format where each lies, and its bytes."""
        ready = tuple(
            ReadyDocument(
                format=name,
                version=sequence,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                object=where,
            )
            for name, (where, content) in documents.items()
        )
        payload = DocumentsReady(number=self.number, reference=f"SO-{self.id}", documents=ready)
        return as_record(payload, tenant=self.tenant, subject=self.id, sequence=sequence)


@dataclass(frozen=True)
class Notifying:
    """A running api with its tenant's client, and pools with each role's reach."""

    client: httpx.AsyncClient
    tenant: TenantId
    pool: Pool
    database: Database
    app: Any

    async def apply(self, *records: Record) -> None:
        """As the worker's consumer would."""
        await Applier(self.pool, HANDLERS).apply(records)

    async def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer = await self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def make_client(self, tenant: TenantId, *scopes: str) -> httpx.AsyncClient:
        """Another client, of any tenant."""
        secret = await grant_api_key(self.pool, tenant, scopes=scopes or ("notify:read", "notify:write"))
        return make_client(self.app, secret)

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows behind row-level security; also to let time pass."""
        connection = await asyncpg.connect(self.database.superuser)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def make_due(self) -> None:
        """Let the pauses between attempts pass."""
        await self.fetch("update deliveries set next_attempt_at = now() where state = 'pending'")


@asynccontextmanager
async def notifying(database: Database) -> AsyncIterator[Notifying]:
    """A tenant whose key may read and write notify."""
    async with (
        open_pool(database.api, connections=4, name="test-api") as api_pool,
        open_pool(database.worker, connections=10, name="test-worker") as pool,
        open_app(build(), Settings(database_url=database.api), Resources(api_pool)) as app,
    ):
        tenant = TenantId(new_id())
        secret = await grant_api_key(pool, tenant)
        async with make_client(app, secret) as client:
            yield Notifying(client, tenant, pool, database, app)


async def store_pdf(documents: ObjectStore, *, before: bytes = b"") -> StoredObject:
    """PDF behind `before` in one object of a bucket of its own."""
    bucket = f"documents-{uuid4().hex}"
    await documents.make_bucket(bucket)
    until = utc_now() + timedelta(days=1)
    version = await documents.put_locked(
        bucket, "pack", before + PDF + b"after", until=until, media_type="application/pdf"
    )
    return StoredObject(bucket=bucket, key="pack", version_id=version, offset=len(before), length=len(PDF))


async def store_together(
    documents: ObjectStore, contents: Mapping[str, bytes]
) -> dict[str, tuple[StoredObject, bytes]]:
    """One behind the other in one object, as render packs them."""
    bucket = f"documents-{uuid4().hex}"
    await documents.make_bucket(bucket)
    pack, until = b"".join(contents.values()), utc_now() + timedelta(days=1)
    media_type = "application/octet-stream"
    version = await documents.put_locked(bucket, "pack", pack, until=until, media_type=media_type)
    starts = accumulate(map(len, contents.values()), initial=0)
    return {
        name: (
            StoredObject(bucket=bucket, key="pack", version_id=version, offset=start, length=len(content)),
            content,
        )
        for (name, content), start in zip(contents.items(), starts, strict=False)
    }
