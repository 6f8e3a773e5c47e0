"""A tenant, the sandbox bureau, and the loops that speak to it, for tests of corrections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import httpx

from libs.common.clock import utc_now
from libs.common.db import transaction
from services.invoice.authority.red_form_lists import RedFormLists
from services.invoice.authority.red_form_worker import RedFormWorker
from services.invoice.authority.red_forms import RedFormConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.void_worker import VoidWorker
from services.invoice.authority.voids import VoidConnector
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.commands.reissue_invoice import Reissuing
from services.invoice.consumers import HANDLERS
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_settings
from tests.helpers.sandbox_programs import SandboxProgram


class Correcting:
    """Requests of the tenant, the buyer's hand at the bureau, and what is true afterwards."""

    def __init__(self, shop: Issuing, bureau: SandboxProgram, supply: SupplyWorker) -> None:
        self.shop, self.bureau, self.supply = shop, bureau, supply

    async def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"idempotency-key": key or uuid4().hex}
        return await self.shop.client.post(path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        return (await self.shop.client.get(path)).json()

    async def issue_blue(self, body: dict[str, Any]) -> dict[str, Any]:
        """Issued, and known to the bureau."""
        posted = (await self.shop.post(body)).json()
        return await self.wait_for(f"/v1/invoices/{posted['id']}", authority="confirmed")

    async def open_form(
        self, invoice_id: str, reason: str = "goods_returned", **fields: Any
    ) -> dict[str, Any]:
        answer = await self.post(f"/v1/invoices/{invoice_id}/red-forms", {"reason": reason, **fields})
        assert answer.status_code == 201, answer.text
        form: dict[str, Any] = answer.json()
        return form

    async def issue_red(self, form: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(f"/v1/red-forms/{form['id']}/issue")
        assert answer.status_code == 201, answer.text
        red: dict[str, Any] = answer.json()
        return red

    async def reverse(self, invoice_id: str, reason: str = "goods_returned", **fields: Any) -> dict[str, Any]:
        """Form and red invoice, confirmed by the bureau."""
        red = await self.issue_red(await self.open_form(invoice_id, reason, **fields))
        return await self.wait_for(f"/v1/invoices/{red['id']}", authority="confirmed")

    async def wait_for(self, path: str, *, authority: str | None = None, **wanted: Any) -> dict[str, Any]:
        """The answer once it has the wanted members."""
        for _ in range(3000):
            found: dict[str, Any] = await self.get(path)
            state = found.get("authority", {}).get("state")
            if authority in {None, state} and all(found[name] == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(found)

    def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.bureau.post(f"/control/{path}", body)
        assert status == 200, answer
        result: dict[str, Any] = answer
        return result

    async def show(self) -> list[str]:
        """Deliver what was published, so that views are current; the types of the events."""
        records = await take_records(self.shop.worker_pool)
        await deliver(self.shop.worker_pool, HANDLERS, records)
        async with transaction(self.shop.worker_pool) as tx:
            return [row["type"] for row in await tx.fetch("select type from outbox order by position")]


async def _turn(*steps: Any) -> None:
    while True:
        for step in steps:
            await step()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def correcting(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel = NumberChannel.LOCAL_BLOCKS
) -> AsyncIterator[Correcting]:
    made = await database("invoice")
    settings = make_settings(made.worker, block_size=50, reorder_below=20)
    async with issuing(made, channel=channel, numbers=0) as shop, aiohttp.ClientSession() as http:
        connector = RedFormConnector(http, f"http://127.0.0.1:{bureau.port}", 2.0)
        worker = AuthorityWorker(shop.worker_pool, connector, settings, current_rules)
        supply = SupplyWorker(shop.worker_pool, connector, settings)
        await supply.stock_numbers()
        await supply.learn_quotas()
        forms = RedFormWorker(
            shop.worker_pool, connector, settings, Reissuing(current_rules, timedelta(minutes=10))
        )
        lists = RedFormLists(shop.worker_pool, connector, settings)
        void_connector = VoidConnector(http, f"http://127.0.0.1:{bureau.port}", 2.0)
        voids = VoidWorker(shop.worker_pool, void_connector, settings)
        steps = (worker.settle, forms.step, lists.step, voids.step, make_due(shop))
        loop = asyncio.create_task(_turn(*steps))
        yield Correcting(shop, bureau, supply)
        assert not loop.done(), loop.exception()
        loop.cancel()
        await asyncio.wait([loop])


def make_due(shop: Issuing) -> Any:
    """What waits for a later attempt is due now: tests have no patience."""

    async def step() -> None:
        async with transaction(shop.worker_pool) as tx:
            now = utc_now()
            await tx.execute("update submissions set next_attempt_at = $1", now)
            await tx.execute("update voids set next_attempt_at = $1", now)
            await tx.execute("update connectors set forms_due_at = $1", now)
            await tx.execute(
                "update red_forms set next_attempt_at = $1 where next_attempt_at is not null", now
            )

    return step
