"""One seller's bad day at the bureau is nobody else's: the others' invoices are confirmed meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

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
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings, make_taxpayer
from tests.helpers.sandbox_programs import SandboxProgram

LOOPS = 3
TIMEOUT_SECONDS = 1.0
# Far less than the outage lasts, and room enough for a busy machine.
SOON_SECONDS = 4.0


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram(
        "bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=20, OFP_BUREAU_SLOW_MILLIS=20_000
    )
    program.start()
    yield program
    program.stop()


@asynccontextmanager
async def two_sellers(
    database: MakeDatabase, bureau: SandboxProgram
) -> AsyncIterator[tuple[Issuing, httpx.AsyncClient]]:
    """The one with the bad day, and a client of the other; the loops turn as in the worker."""
    made = await database("invoice")
    settings = make_settings(made.worker, authority_timeout_seconds=TIMEOUT_SECONDS)
    async with issuing(made, numbers=0) as struck, aiohttp.ClientSession() as http:
        pool, tenant = struck.worker_pool, TenantId(new_id())
        channel = NumberChannel.LOCAL_BLOCKS
        await make_taxpayer(pool, tenant, channel=channel, numbers=0, quota="100000000.00")
        connector = BureauConnector(http, f"http://127.0.0.1:{bureau.port}", TIMEOUT_SECONDS)
        worker = AuthorityWorker(pool, connector, settings, current_rules)
        supply = SupplyWorker(pool, connector, settings)
        await supply.stock_numbers()
        await supply.learn_quotas()
        loops = [asyncio.create_task(turn(worker)) for _ in range(LOOPS)]
        async with make_client(struck.app, await grant_api_key(pool, tenant)) as other:
            yield struck, other
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)


async def turn(worker: AuthorityWorker) -> None:
    while True:
        if not await worker.settle():
            await asyncio.sleep(0.1)


async def confirm_one(client: httpx.AsyncClient, number: int) -> float:
    """Seconds from the issue to the authority's word."""
    began = time.monotonic()
    headers = {"idempotency-key": f"k-{number}"}
    body = make_body(reference=f"SO-{number}")
    invoice: dict[str, Any] = (await client.post("/v1/invoices", json=body, headers=headers)).json()
    answer = await client.get(f"/v1/invoices/{invoice['id']}?wait=confirmed&timeout=20")
    assert answer.json()["authority"]["state"] == "confirmed"
    return time.monotonic() - began


@pytest.mark.parametrize("mode", ["down", "slow"])
async def test_sellers_bad_day_does_not_slow_anothers_confirmations(
    database: MakeDatabase, bureau: SandboxProgram, mode: str
) -> None:
    async with two_sellers(database, bureau) as (struck, other):
        order = {"mode": mode, "count": 1_000_000, "seller": struck.taxpayer.seller.tax_id}
        bureau.post("/control/faults", order)
        for _ in range(60):
            assert (await struck.post(make_body())).status_code == 201
        waits = [await confirm_one(other, number) for number in range(12)]
        assert max(waits) < SOON_SECONDS, waits
        async with transaction(struck.worker_pool) as tx:
            state = await tx.fetchval(
                "select state from connectors where taxpayer_id = $1", struck.taxpayer.id
            )
            confirmed = await tx.fetchval(
                "select count(*) from invoices where tenant_id = $1 and authority_state = 'confirmed'",
                struck.tenant,
            )
        assert state in {"degraded", "down"}
        assert confirmed == 0
        bureau.post("/control/faults", order | {"count": 0})
