"""Bad days of some sellers at the bureau are nobody else's: the others' invoices are confirmed meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiohttp
import httpx
import pytest

from libs.common.db import transaction
from libs.common.ids import TenantId, new_id
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.invoice import NumberChannel
from services.invoice.main import AUTHORITY_LOOPS
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings, make_taxpayer
from tests.helpers.sandbox_programs import SandboxProgram

STRUCK = 6
TIMEOUT_SECONDS = 1.0


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram(
        "bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=20, OFP_BUREAU_SLOW_MILLIS=20_000
    )
    program.start()
    yield program
    program.stop()


@dataclass(frozen=True)
class Seller:
    tenant: TenantId
    tax_id: str
    client: httpx.AsyncClient

    async def issue(self) -> str:
        reference = uuid4().hex
        headers = {"idempotency-key": reference}
        answer = await self.client.post("/v1/invoices", json=make_body(reference=reference), headers=headers)
        assert answer.status_code == 201, answer.text
        invoice_id: str = answer.json()["id"]
        return invoice_id

    async def confirm_one(self) -> float:
        """Seconds from the issue to the authority's word."""
        began = time.monotonic()
        answer = await self.client.get(f"/v1/invoices/{await self.issue()}?wait=confirmed&timeout=20")
        assert answer.json()["authority"]["state"] == "confirmed"
        return time.monotonic() - began


@asynccontextmanager
async def selling(
    database: MakeDatabase, bureau: SandboxProgram, count: int
) -> AsyncIterator[tuple[Issuing, list[Seller]]]:
    """So many sellers; the loops turn as in the worker."""
    made = await database("invoice")
    settings = make_settings(made.worker, authority_timeout_seconds=TIMEOUT_SECONDS)
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(issuing(made, numbers=0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        connector = BureauConnector(http, f"http://127.0.0.1:{bureau.port}", TIMEOUT_SECONDS)
        worker = AuthorityWorker(shop.worker_pool, connector, settings, current_rules)
        sellers = [await make_seller(shop, stack) for _ in range(count)]
        supply = SupplyWorker(shop.worker_pool, connector, settings)
        await supply.stock_numbers()
        await supply.learn_quotas()
        loops = [asyncio.create_task(turn(worker)) for _ in range(AUTHORITY_LOOPS)]
        yield shop, sellers
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)


async def make_seller(shop: Issuing, stack: AsyncExitStack) -> Seller:
    tenant, channel = TenantId(new_id()), NumberChannel.LOCAL_BLOCKS
    made = await make_taxpayer(shop.worker_pool, tenant, channel=channel, numbers=0, quota="100000000.00")
    client = make_client(shop.app, await grant_api_key(shop.worker_pool, tenant))
    return Seller(tenant, made.seller.tax_id, await stack.enter_async_context(client))


async def sell_in_turn(sellers: Sequence[Seller]) -> None:
    """One after the other, so that no round with the bureau has them all."""
    for seller in sellers:
        await seller.issue()
        await asyncio.sleep(0.25)


async def turn(worker: AuthorityWorker) -> None:
    while True:
        if not await worker.settle():
            await asyncio.sleep(0.1)


async def states_of(shop: Issuing, sellers: Sequence[Seller]) -> set[str]:
    async with transaction(shop.worker_pool) as tx:
        tenants = [seller.tenant for seller in sellers]
        rows = await tx.fetch("select state from connectors where tenant_id = any ($1::uuid[])", tenants)
    return {row["state"] for row in rows}


@pytest.mark.parametrize("mode", ["down", "slow"])
async def test_bad_day_of_many_sellers_does_not_slow_anothers_confirmations(
    database: MakeDatabase, bureau: SandboxProgram, mode: str
) -> None:
    async with selling(database, bureau, 1 + STRUCK) as (shop, (other, *struck)):
        orders = [{"mode": mode, "count": 1_000_000, "seller": seller.tax_id} for seller in struck]
        for order in orders:
            bureau.post("/control/faults", order)
        trade = asyncio.create_task(sell_in_turn(struck))
        waits = [await other.confirm_one() for _ in range(40)]
        await trade
        assert sorted(waits)[len(waits) // 2] < TIMEOUT_SECONDS, waits
        assert await states_of(shop, struck) <= {"degraded", "down"}
        for order in orders:
            bureau.post("/control/faults", order | {"count": 0})
