"""The authority worker against the real sandbox bureau: both channels, and its bad days."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.process import wait_until
from libs.common.clock import utc_now
from libs.common.db import transaction
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.watch import AuthorityWatcher
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.consumers import HANDLERS
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.authority import Outcome, Upload, Verdict
from services.invoice.domain.invoice import NumberChannel
from services.invoice.store.connector import claim_lines, release_line
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings
from tests.helpers.sandbox_programs import SandboxProgram

DUE_NOW = """
with lines as (update connectors set next_attempt_at = now(), numbers_due_at = now(), quota_due_at = now())
update submissions set next_attempt_at = now()
"""


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=50, OFP_BUREAU_SLOW_MILLIS=1500)
    program.start()
    yield program
    program.stop()


class Desk:
    """A tenant, its authority worker and the bureau."""

    def __init__(
        self, shop: Issuing, worker: AuthorityWorker, supply: SupplyWorker, bureau: SandboxProgram
    ) -> None:
        self.shop, self.worker, self.supply, self.bureau = shop, worker, supply, bureau

    async def settle(self, invoice_id: str, wanted: str, *, rounds: int = 40) -> dict[str, Any]:
        """Rounds of the worker, each at once, until the authority's state is `wanted`."""
        for _ in range(rounds):
            await self.worker.settle()
            invoice: dict[str, Any] = (await self.shop.client.get(f"/v1/invoices/{invoice_id}")).json()
            if invoice["authority"]["state"] == wanted:
                return invoice
            async with transaction(self.shop.worker_pool) as tx:
                await tx.execute(DUE_NOW)
        raise AssertionError(invoice["authority"])

    async def is_claimed(self) -> bool:
        async with transaction(self.shop.worker_pool) as tx:
            return bool(await tx.fetchval("select bool_and(claimed_until is not null) from submissions"))

    def held(self) -> list[dict[str, Any]]:
        seller = self.shop.taxpayer.seller.tax_id
        items: list[dict[str, Any]] = self.bureau.get(f"/control/invoices?seller={seller}")[1]["items"]
        return items

    async def events(self) -> list[str]:
        async with transaction(self.shop.worker_pool) as tx:
            return [row["type"] for row in await tx.fetch("select type from outbox order by position")]


@asynccontextmanager
async def open_desk(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> AsyncIterator[Desk]:
    made = await database("invoice")
    settings = make_settings(made.worker, block_size=50, reorder_below=20)
    async with issuing(made, channel=channel, numbers=0) as shop, aiohttp.ClientSession() as http:
        connector = BureauConnector(http, f"http://127.0.0.1:{bureau.port}", 1.0)
        worker = AuthorityWorker(shop.worker_pool, connector, settings, current_rules)
        supply = SupplyWorker(shop.worker_pool, connector, settings)
        await supply.stock_numbers()
        await supply.learn_quotas()
        yield Desk(shop, worker, supply, bureau)


async def test_local_blocks_upload_is_confirmed_once(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        issued = (await desk.shop.post(make_body())).json()
        confirmed = await desk.settle(issued["id"], "confirmed")
        assert (confirmed["status"], confirmed["number"]) == ("issued", issued["number"])
        (held,) = desk.held()
        assert (held["number"], held["amount_with_tax"], held["submissions"]) == (
            issued["number"],
            "1172.94",
            1,
        )
        assert await desk.events() == ["invoice.issued.v1", "invoice.confirmed.v1"]
        await deliver(desk.shop.worker_pool, HANDLERS, await take_records(desk.shop.worker_pool))
        (item,) = (await desk.shop.client.get("/v1/invoices?consistent=true")).json()["items"]
        assert item["authority"] == {"state": "confirmed"}


class OtherNumbers(BureauConnector):
    """A bureau that says it holds each invoice under another number."""

    async def submit(self, uploads: Sequence[Upload]) -> list[Outcome]:
        return [Outcome(Verdict.ISSUED, number="26990000000000000001", issued_at=utc_now()) for _ in uploads]

    ask = submit


async def test_invoice_that_the_bureau_holds_under_another_number_is_not_confirmed(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with (
        open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk,
        aiohttp.ClientSession() as http,
    ):
        issued = (await desk.shop.post(make_body())).json()
        pool, settings = desk.shop.worker_pool, make_settings("postgresql://nowhere")
        desk.worker = AuthorityWorker(
            pool, OtherNumbers(http, "http://nowhere", 1.0), settings, current_rules
        )
        for _ in range(2):
            unknown = await desk.settle(issued["id"], "outcome_unknown")
        assert (unknown["status"], unknown["number"]) == ("issued", issued["number"])
        error = unknown["authority"]["last_error"]
        assert error["code"] == "number-differs"
        assert "26990000000000000001" in error["detail"]
        assert await desk.events() == ["invoice.issued.v1", "invoice.authority_delayed.v1"]


async def test_line_whose_lease_was_lost_is_left_as_its_next_holder_has_it(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        await desk.shop.post(make_body())
        began = utc_now()
        async with transaction(desk.shop.worker_pool) as tx:
            (lost,) = await claim_lines(tx, now=began, until=began + timedelta(seconds=1), limit=1)
        later, until = began + timedelta(seconds=2), began + timedelta(minutes=1)
        async with transaction(desk.shop.worker_pool) as tx:
            (held,) = await claim_lines(tx, now=later, until=until, limit=1)
            assert await release_line(tx, lost, lost.connector, now=later) is False
            assert await tx.fetchval("select claimed_until from connectors") == until
            assert await release_line(tx, held, held.connector, now=later) is True
            assert await tx.fetchval("select claimed_until from connectors") is None


async def test_assigned_on_issue_gets_its_number_from_the_bureau(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        pending = (await desk.shop.post(make_body())).json()
        issued = await desk.settle(pending["id"], "confirmed")
        (held,) = desk.held()
        assert (issued["status"], issued["number"]) == ("issued", held["number"])
        assert issued["qr_text"].startswith(f"01,32,,{held['number']},1172.94,")
        quota = (await desk.shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"]) == ("1038.00", "0.00")
        assert await desk.events() == ["invoice.accepted.v1", "invoice.issued.v1"]


@pytest.mark.parametrize("channel", list(NumberChannel))
@pytest.mark.parametrize(
    "magic", ["沙箱-超时", "沙箱-宕机", "沙箱-重复", "沙箱-缓慢", "沙箱-部分", "沙箱-版式"]
)
async def test_unsure_outcome_is_asked_for_and_held_once(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel, magic: str
) -> None:
    async with open_desk(database, bureau, channel) as desk:
        body = make_body(buyer={"name": f"{magic}有限公司"})
        invoice = (await desk.shop.post(body)).json()
        confirmed = await desk.settle(invoice["id"], "confirmed")
        (held,) = desk.held()
        assert held["number"] == confirmed["number"]
        assert confirmed["authority"]["last_error"] is None


async def test_late_answer_does_not_undo_an_earlier_one(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    """A worker whose lease ended while it waited finds the business closed by another."""
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        bureau.post("/control/faults", {"mode": "slow", "count": 1})
        late = asyncio.create_task(desk.worker.settle())
        await wait_until(desk.is_claimed, 60, "the claim")
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute("update submissions set claimed_until = null")
            await tx.execute("update connectors set claimed_until = null")
        await desk.settle(invoice["id"], "confirmed")
        await late
        now = (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}")).json()
        assert now["authority"]["state"] == "confirmed"
        assert await desk.events() == ["invoice.issued.v1", "invoice.confirmed.v1"]


async def test_login_needed_waits_for_the_operator(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        seller = desk.shop.taxpayer.seller.tax_id
        fault = {"mode": "login_needed", "count": 1000, "seller": seller}
        bureau.post("/control/faults", fault)
        invoice = (await desk.shop.post(make_body())).json()
        waiting = await desk.settle(invoice["id"], "waiting_operator")
        assert waiting["authority"]["last_error"]["code"] == "login-needed"
        bureau.post("/control/faults", fault | {"count": 0})
        await desk.settle(invoice["id"], "confirmed")
        assert (await desk.events()).count("invoice.authority_delayed.v1") == 1


async def test_assigned_on_issue_refused_is_rejected_and_frees_the_quota(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        body = make_body(buyer={"name": "沙箱-拒绝有限公司"})
        invoice = (await desk.shop.post(body)).json()
        refused = await desk.settle(invoice["id"], "refused")
        assert (refused["status"], refused["number"]) == ("rejected", None)
        assert refused["authority"]["last_error"]["detail_zh"]
        quota = (await desk.shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"]) == ("0.00", "0.00")


async def test_rejected_invoice_no_longer_guards_against_its_twin(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        body = make_body(buyer={"name": "沙箱-拒绝有限公司"}, reference=None)
        invoice = (await desk.shop.post(body)).json()
        assert (await desk.shop.post(body)).json()["invoice_id"] == invoice["id"]
        await desk.settle(invoice["id"], "refused")
        assert (await desk.shop.post(body)).status_code == 201


async def test_upload_beyond_the_bureaus_quota_waits_and_passes_later(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        body = make_body(buyer={"name": "沙箱-额度不足有限公司"})
        invoice = (await desk.shop.post(body)).json()
        confirmed = await desk.settle(invoice["id"], "confirmed")
        assert confirmed["number"] == invoice["number"]
        assert await desk.events() == [
            "invoice.issued.v1",
            "invoice.authority_delayed.v1",
            "invoice.confirmed.v1",
        ]


async def test_stock_numbers_orders_ahead_and_never_twice(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        await desk.supply.stock_numbers()
        seller = desk.shop.taxpayer.seller.tax_id
        assert len(bureau.get(f"/control/blocks?seller={seller}")[1]["items"]) == 1
        for _ in range(31):
            assert (await desk.shop.post(make_body())).status_code == 201
        await desk.worker.settle()
        await desk.supply.stock_numbers()
        assert len(bureau.get(f"/control/blocks?seller={seller}")[1]["items"]) == 2
        numbers = {(await desk.shop.post(make_body())).json()["number"] for _ in range(30)}
        assert len(numbers) == 30
        ledger = (await desk.shop.client.get("/v1/number-ledger?limit=200")).json()["items"]
        assert [item["state"] for item in ledger] == ["used"] * 61 + ["allocated"] * 39


async def test_login_needed_pauses_the_seller_alone_and_resumes_by_itself(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        seller, url = desk.shop.taxpayer.seller.tax_id, f"/v1/taxpayers/{desk.shop.taxpayer.id}"
        assert (await desk.shop.client.get(url)).json()["connector"]["state"] == "ok"
        fault = {"mode": "login_needed", "count": 1000, "seller": seller}
        bureau.post("/control/faults", fault)
        ids = [(await desk.shop.post(make_body())).json()["id"] for _ in range(10)]
        await desk.worker.settle()
        connector = (await desk.shop.client.get(url)).json()["connector"]
        assert (connector["state"], connector["next_attempt_at"] > connector["since"]) == (
            "login_needed",
            True,
        )
        left = _left(bureau, seller)
        await desk.worker.settle()
        assert _left(bureau, seller) == left
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute(DUE_NOW)
        await desk.worker.settle()
        assert _left(bureau, seller) == left - 1
        bureau.post("/control/faults", fault | {"count": 0})
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute("update connectors set next_attempt_at = now()")
            await tx.execute("update submissions set next_attempt_at = now() where invoice_id = $1", ids[0])
        await desk.worker.settle()
        await desk.worker.settle()
        assert (await desk.shop.client.get(url)).json()["connector"]["state"] == "ok"
        assert [item["status"] for item in desk.held()] == ["issued"] * 10
        changes = [event for event in await desk.events() if event == "invoice.connector_changed.v1"]
        assert len(changes) == 2


def _left(bureau: SandboxProgram, seller: str) -> int:
    """Strikes of `login_needed` that are still to come."""
    items = bureau.get("/control/faults")[1]["items"]
    return sum(item["count"] for item in items if item["seller"] == seller)


async def test_promise_that_passed_is_announced_once(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        watcher = AuthorityWatcher(desk.shop.worker_pool, lambda: utc_now() + timedelta(hours=1))
        assert not await watcher.announce_overdue()
        await watcher.announce_overdue()
        await watcher.measure()
        assert await desk.events() == ["invoice.issued.v1", "invoice.overdue.v1"]
        await deliver(desk.shop.worker_pool, HANDLERS, await take_records(desk.shop.worker_pool))
        timeline = (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}/timeline")).json()["items"]
        assert [entry["type"] for entry in timeline] == ["invoice.issued.v1", "invoice.overdue.v1"]


async def test_refused_upload_goes_again_under_its_number(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with open_desk(database, bureau, NumberChannel.LOCAL_BLOCKS) as desk:
        invoice = (await desk.shop.post(make_body(buyer={"name": "沙箱-拒绝有限公司"}))).json()
        url, body = f"/v1/invoices/{invoice['id']}/resubmit", {"reason": "登记信息已更正"}
        early = await desk.shop.client.post(url, json=body, headers={"idempotency-key": "early"})
        assert (early.status_code, early.json()["code"]) == (409, "invoice-state-conflict")
        refused = await desk.settle(invoice["id"], "refused")
        assert (refused["status"], refused["number"]) == ("issued", invoice["number"])
        assert (await desk.shop.client.post(url, json=body)).status_code == 400
        again = [
            await desk.shop.client.post(url, json=body, headers={"idempotency-key": "again"}) for _ in "ab"
        ]
        assert [answer.status_code for answer in again] == [200, 200]
        assert again[0].content == again[1].content
        assert again[0].json()["authority"] | {"updated_at": ""} == {
            "channel": "local_blocks",
            "state": "submitted",
            "updated_at": "",
            "last_error": None,
        }
        confirmed = await desk.settle(invoice["id"], "confirmed")
        assert confirmed["number"] == invoice["number"]
        states = [(item["status"], item["number"]) for item in desk.held()]
        assert states == [("rejected", invoice["number"]), ("issued", invoice["number"])]
        await deliver(desk.shop.worker_pool, HANDLERS, await take_records(desk.shop.worker_pool))
        timeline = (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}/timeline")).json()["items"]
        assert "登记信息已更正" in timeline[-2]["summary_zh"]
