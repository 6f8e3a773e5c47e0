"""The invoice service's api in process, against a real database, with a tenant that can issue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TaxpayerId, TenantId, new_id
from services.invoice.commands.register_taxpayer import register_taxpayer
from services.invoice.desk import Desk
from services.invoice.domain.authority import NumberRange
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Seller
from services.invoice.exports.desk import open_export_desk
from services.invoice.main import build
from services.invoice.resources import Resources
from services.invoice.settings import InvoiceSettings
from services.invoice.store.connector import Due
from services.invoice.store.entitlement import period_of
from services.invoice.store.number_block import claim_orders, order_blocks, order_stock, save_block
from services.invoice.store.quota import Grant, save_grants
from services.invoice.store.taxpayer import Taxpayer
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database
from tests.helpers.in_process import make_client, open_app
from tests.helpers.servers import ACCESS_KEY, PASSWORD
from tests.helpers.tax_ids import make_tax_id

# Settings of a process that is not to reach an object store.
NO_STORE = {
    "s3_url": "http://127.0.0.1:9",
    "s3_access_key": ACCESS_KEY,
    "s3_secret_key": PASSWORD,
    "export_secret": "a secret of the tests, 32 characters or more",
}


_CODE_ENDINGS = {
    InvoiceKind.PAPER_ORDINARY: "04",
    InvoiceKind.TAX_CONTROL_SPECIAL: "13",
    InvoiceKind.TAX_CONTROL_ORDINARY: "11",
}


@dataclass(frozen=True)
class Issuing:
    """A running api, the tenant's client, and a pool with the worker's reach."""

    client: httpx.AsyncClient
    tenant: TenantId
    taxpayer: Taxpayer
    api_pool: Pool
    worker_pool: Pool
    app: Any
    superuser: str

    async def post(self, body: dict[str, Any], key: str | None = None, **parameters: Any) -> httpx.Response:
        """Under a reference made from the key, unless `body` says otherwise: `None` for none."""
        key = key or uuid4().hex
        body = {"reference": f"SO-{key}"[:64], **body}
        headers = {"idempotency-key": key}
        return await self.client.post("/v1/invoices", json=body, headers=headers, params=parameters)


def make_settings(database_url: str, **changes: Any) -> InvoiceSettings:
    """Without an object store unless `s3_url` says where one is."""
    values: dict[str, Any] = {"database_url": database_url, **NO_STORE}
    return InvoiceSettings(**(values | changes))


@asynccontextmanager
async def issuing(
    database: Database,
    *,
    channel: NumberChannel = NumberChannel.LOCAL_BLOCKS,
    numbers: int = 5000,
    quota: str = "1000000000000.00",
    **changes: Any,
) -> AsyncIterator[Issuing]:
    """A tenant with one taxpayer, `numbers` numbers of this year and a quota for this month; `changes` of settings."""
    settings = make_settings(database.api, **changes)
    desk = open_export_desk(settings)
    async with (
        open_pool(database.api, connections=8, name="test-api") as api_pool,
        open_pool(database.worker, connections=8, name="test-worker") as worker_pool,
        open_app(build(), settings, Resources(api_pool, timedelta(minutes=10), Desk(api_pool), desk)) as app,
    ):
        tenant = TenantId(new_id())
        taxpayer = await make_taxpayer(worker_pool, tenant, channel=channel, numbers=numbers, quota=quota)
        secret = await grant_api_key(worker_pool, tenant)
        async with make_client(app, secret) as client:
            yield Issuing(client, tenant, taxpayer, api_pool, worker_pool, app, database.superuser)


async def make_taxpayer(
    pool: Pool, tenant: TenantId, *, channel: NumberChannel, numbers: int, quota: str
) -> Taxpayer:
    """Registered by the real command; numbers and quota as the bureau would have sent them."""
    now, taxpayer_id = utc_now(), TaxpayerId(new_id())
    tax_id = make_tax_id(new_id().int % 31**5)
    seller = Seller("武汉晴川数码科技有限公司", tax_id, "武汉市洪山区珞喻路1号", "027-87654321")
    taxpayer = Taxpayer(tenant, taxpayer_id, seller, channel, is_default=True)
    day = shanghai_day(now)
    async with transaction(pool) as tx:
        await register_taxpayer(tx, taxpayer, now=now)
        await save_grants(tx, [Grant(tenant, taxpayer_id, period_of(day), Decimal(quota), False)], now=now)
    if channel is NumberChannel.LOCAL_BLOCKS and numbers:
        await add_numbers(pool, taxpayer, numbers)
    return taxpayer


async def add_numbers(pool: Pool, taxpayer: Taxpayer, count: int) -> None:
    """A block of this year, ordered and received by the real store."""
    now = utc_now()
    async with transaction(pool) as tx:
        year = shanghai_day(now).year
        await order_blocks(tx, [Due(taxpayer.tenant, taxpayer.id)], [year], reorder_below=10**9, now=now)
        orders = await claim_orders(tx, now=now, asked_before=now, limit=1000)
        order = next(o for o in orders if o.taxpayer_id == taxpayer.id)
        first = int(f"{year % 100}4270{new_id().int % 10**9:09d}00000")
        await save_block(tx, order, NumberRange(str(first), str(first + count - 1)), now=now)


async def add_stock(pool: Pool, taxpayer: Taxpayer, kind: InvoiceKind, count: int, *, first: int = 1) -> str:
    """Stock of a kind under a code of the taxpayer's own, ordered and received by the real store; the code."""
    now = utc_now()
    own = f"{taxpayer.id.int % 10**7:07}"
    code = f"420{own}" if kind is InvoiceKind.PAPER_SPECIAL else f"042{own}{_CODE_ENDINGS[kind]}"
    async with transaction(pool) as tx:
        await order_stock(tx, [Due(taxpayer.tenant, taxpayer.id)], reorder_below=10**9, now=now)
        orders = await claim_orders(tx, now=now, asked_before=now, limit=1000)
        order = next(o for o in orders if (o.taxpayer_id, o.series) == (taxpayer.id, kind))
        block = NumberRange(str(first), str(first + count - 1), code)
        await save_block(tx, order, block, now=now)
    return code


def make_body(**changes: Any) -> dict[str, Any]:
    """A body that is accepted; `changes` replace members."""
    return {
        "kind": "digital_ordinary",
        "buyer": {"name": "武汉某某商贸有限公司", "tax_id": "91420100MA4K00002Y"},
        "lines": [
            {
                "name": "键盘",
                "tax_class_code": "1090511030000000000",
                "unit": "个",
                "quantity": "12",
                "unit_price": "86.5",
                "tax_rate": "0.13",
            }
        ],
        **changes,
    }
