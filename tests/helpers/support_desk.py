"""The support service in process against a real database: its api, and its consumer fed with records."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from starlette.types import ASGIApp

from libs.common.clock import utc_now
from libs.common.consumer import Applier
from libs.common.contracts import Contract
from libs.common.contracts.auth import UserChanged
from libs.common.contracts.invoice import InvoiceConfirmed, InvoiceIssued
from libs.common.contracts.invoice_document import (
    InvoiceDocument,
    LineDocument,
    PartyDocument,
    TotalsDocument,
)
from libs.common.db import Pool, open_pool
from libs.common.dead_letters import Record
from libs.common.events import topic_of
from libs.common.ids import TenantId, new_id
from services.support.main import HANDLERS, build
from services.support.resources import Resources
from services.support.settings import SupportSettings
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database
from tests.helpers.in_process import open_app
from tests.helpers.records import as_record

# Who issues the invoices that are made here.
TAXPAYER = new_id()
CUSTOMER_SCOPES = ("support:read", "support:write")
AGENT_SCOPES = (*CUSTOMER_SCOPES, "support:agent")


@dataclass(frozen=True)
class Client:
    """Calls the api in process with one credential."""

    app: ASGIApp
    secret: str
    tenant: TenantId

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, b"", headers)

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        content = b"" if body is None else json.dumps(body).encode()
        return await self.call("POST", path, content, headers)

    async def call(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Underscores in header names become hyphens; the content is JSON unless a header says otherwise."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"authorization": f"Bearer {self.secret}", "content-type": "application/json", **given}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", trust_env=False) as http:
            return await http.request(method, path, content=content, headers=sent)


@dataclass
class Desk:
    """`api_pool` has the reach of a request, `worker_pool` that of the worker."""

    app: ASGIApp
    api_pool: Pool
    worker_pool: Pool
    superuser_url: str
    _sequences: dict[tuple[str, UUID], int] = field(default_factory=dict)

    async def customer(self) -> Client:
        """Of a tenant of their own."""
        return await self.client(TenantId(new_id()), CUSTOMER_SCOPES)

    async def agent(self) -> Client:
        """Of the platform."""
        return await self.client(TenantId(new_id()), AGENT_SCOPES)

    async def client(self, tenant: TenantId, scopes: tuple[str, ...]) -> Client:
        secret = await grant_api_key(self.worker_pool, tenant, scopes=scopes)
        return Client(self.app, secret, tenant)

    async def apply(self, tenant: TenantId, subject: UUID, *payloads: Contract) -> list[Record]:
        """Feed events in order to the real consumer; returns their records, to be fed again."""
        records = self.record(tenant, subject, *payloads)
        await self.feed(records)
        return records

    async def feed(self, records: list[Record]) -> None:
        await Applier(self.worker_pool, HANDLERS).apply(records)

    def record(self, tenant: TenantId, subject: UUID, *payloads: Contract) -> list[Record]:
        """The next events of a subject as they lie in Kafka."""
        return [self._record(tenant, subject, payload) for payload in payloads]

    def _record(self, tenant: TenantId, subject: UUID, payload: Contract) -> Record:
        topic = topic_of(payload.TYPE)
        sequence = self._sequences[topic, subject] = self._sequences.get((topic, subject), 0) + 1
        return as_record(payload, tenant=tenant, subject=subject, sequence=sequence)

    async def issue(
        self, tenant: TenantId, *, number: str = "26422000000000000001", promise: datetime | None = None
    ) -> UUID:
        """An invoice that support has heard of; not final."""
        invoice_id = new_id()
        await self.apply(tenant, invoice_id, make_issued(invoice_id, number=number, promise=promise))
        return invoice_id

    async def confirm(self, tenant: TenantId, invoice_id: UUID) -> list[Record]:
        """The authority holds the invoice."""
        return await self.apply(tenant, invoice_id, make_confirmed())

    async def hire(
        self, platform: TenantId, username: str, *, roles: tuple[str, ...] = ("support_agent",)
    ) -> UUID:
        """A user of the platform."""
        user = new_id()
        changed = UserChanged(username=username, display_name=f"客服{username}", roles=roles, is_active=True)
        await self.apply(platform, user, changed)
        return user


@asynccontextmanager
async def open_desk(database: Database) -> AsyncIterator[Desk]:
    settings = SupportSettings(database_url=database.api)
    async with (
        open_pool(database.api, connections=8, name="test-api") as api_pool,
        open_pool(database.worker, connections=8, name="test-worker") as worker_pool,
        open_app(build(), settings, Resources(api_pool)) as app,
    ):
        yield Desk(app, api_pool, worker_pool, database.superuser)


def make_issued(
    invoice_id: UUID,
    *,
    number: str = "26422000000000000001",
    promise: datetime | None = None,
    authority_state: str = "not_submitted",
) -> InvoiceIssued:
    """As invoice publishes it on local blocks; promised in ten minutes unless told otherwise."""
    now = utc_now()
    return InvoiceIssued(
        number=number,
        reference=f"SO-{number[-6:]}",
        channel="local_blocks",
        authority_state=authority_state,
        expected_final_by=promise or now + timedelta(minutes=10),
        actor="api_key:test",
        invoice=make_document(invoice_id, number),
    )


def make_confirmed(number: str = "26422000000000000001") -> InvoiceConfirmed:
    return InvoiceConfirmed(number=number, reference=f"SO-{number[-6:]}", confirmed_at=utc_now())


def make_document(invoice_id: UUID, number: str | None) -> InvoiceDocument:
    return InvoiceDocument(
        id=invoice_id,
        kind="digital_ordinary",
        number=number,
        code=None,
        issue_date=utc_now().date(),
        issued_at=utc_now(),
        taxpayer_id=TAXPAYER,
        seller=PartyDocument(name="武汉晴川数码科技有限公司", tax_id="91420100MA4K00001A"),
        buyer=PartyDocument(name="武汉某某商贸有限公司", tax_id="91420100MA4K00002Y"),
        lines=(
            LineDocument(
                line_no=1,
                nature="normal",
                name="*计算机外部设备*键盘",
                specification="",
                unit="个",
                tax_class_code="1090511030000000000",
                policy=None,
                quantity="12",
                unit_price="86.5",
                amount="1038.00",
                tax_rate="0.13",
                tax="134.94",
                amount_with_tax="1172.94",
                printed_rate="13%",
                printed_tax="134.94",
            ),
        ),
        totals=TotalsDocument(
            amount="1038.00",
            tax="134.94",
            amount_with_tax="1172.94",
            amount_with_tax_words="壹仟壹佰柒拾贰圆玖角肆分",
        ),
        qr_text=None,
        remarks="",
        drawer="张三",
        reference=f"SO-{(number or '000001')[-6:]}",
    )
