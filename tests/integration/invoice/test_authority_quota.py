"""The bureau's quota runs out: invoices wait and go on by themselves, on both channels."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from libs.common.clock import utc_now
from libs.common.db import transaction
from services.invoice.consumers import HANDLERS
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import make_body
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.test_authority import DUE_NOW, Desk, bureau, open_desk

__all__ = ["bureau"]


@pytest.mark.parametrize("channel", list(NumberChannel))
@pytest.mark.parametrize(
    "change",
    [
        ("quota-exceeded", {"total": "500.00"}, {"total": "5000000000000.00"}),
        ("quota-suspended", {"suspended": True}, {"suspended": False}),
    ],
)
async def test_invoice_refused_for_want_of_quota_waits_and_goes_on_when_there_is_some(
    database: MakeDatabase,
    bureau: SandboxProgram,
    channel: NumberChannel,
    change: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    async with open_desk(database, bureau, channel) as desk:
        seller = desk.shop.taxpayer.seller.tax_id
        code, short, enough = change
        posted = (await desk.shop.post(make_body())).json()
        bureau.post("/control/quota", {"seller": seller, **short})
        waiting = await desk.settle(posted["id"], "waiting_operator")
        assert (waiting["status"], waiting["number"]) == (posted["status"], posted["number"])
        assert waiting["authority"]["last_error"]["code"] == code
        await _learn_quota(desk)
        await _wait_long(desk)
        bureau.post("/control/quota", {"seller": seller, **enough})
        await _learn_quota(desk)
        for _ in range(1200):
            await desk.worker.settle()
            invoice = (await desk.shop.client.get(f"/v1/invoices/{posted['id']}")).json()
            if invoice["authority"]["state"] == "confirmed":
                break
            await asyncio.sleep(0.05)
        (held,) = desk.held()
        assert (invoice["status"], invoice["number"], held["status"]) == ("issued", held["number"], "issued")
        quota = (await desk.shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"]) == ("1038.00", "0.00")
        await deliver(desk.shop.worker_pool, HANDLERS, await take_records(desk.shop.worker_pool))
        timeline = (await desk.shop.client.get(f"/v1/invoices/{posted['id']}/timeline")).json()["items"]
        (delayed,) = [entry for entry in timeline if entry["type"] == "invoice.authority_delayed.v1"]
        assert delayed["summary"].startswith("Waits, to be sent again by itself: The ")
        assert "额度" in delayed["summary_zh"]


async def _learn_quota(desk: Desk) -> None:
    async with transaction(desk.shop.worker_pool) as tx:
        await tx.execute("update connectors set quota_due_at = now()")
    await desk.supply.learn_quotas()


async def _wait_long(desk: Desk) -> None:
    """Nothing would be sent again for an hour."""
    async with transaction(desk.shop.worker_pool) as tx:
        await tx.execute("update submissions set next_attempt_at = $1", utc_now() + timedelta(hours=1))


async def test_reason_of_the_wait_is_the_present_one(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_desk(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        seller = desk.shop.taxpayer.seller.tax_id
        bureau.post("/control/faults", {"mode": "login_needed", "count": 1, "seller": seller})
        invoice = (await desk.shop.post(make_body())).json()
        waiting = await desk.settle(invoice["id"], "waiting_operator")
        assert waiting["authority"]["last_error"]["code"] == "login-needed"
        bureau.post("/control/quota", {"seller": seller, "suspended": True})
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute(DUE_NOW)
        await desk.worker.settle()
        waiting = (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}")).json()
        assert waiting["authority"]["last_error"]["code"] == "quota-suspended"
        assert (await desk.events()).count("invoice.authority_delayed.v1") == 2
