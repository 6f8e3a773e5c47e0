"""`POST /v1/invoices/{id}/void` against an authority of the test: who decides, what follows, and what is refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import TenantId, new_id
from services.invoice.authority.void_worker import VoidWorker
from services.invoice.consumers import HANDLERS
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import AuthorityError, NumberChannel
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.void_authority import VoidOrder, VoidOutcome
from services.invoice.store.reconciliation import check_quotas
from services.invoice.store.void import claim_voids
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, add_stock, issuing, make_body, make_settings

USED = AuthorityError("void-used", "The buyer has used or booked the invoice", "购买方已用途确认或入账")


class Authority:
    """Says what the test wants it to; None: nothing at all."""

    def __init__(self) -> None:
        self.word: VoidOutcome | None = VoidOutcome()
        self.asked: Counter[VoidOrder] = Counter()

    async def void(self, order: VoidOrder) -> VoidOutcome:
        self.asked[order] += 1
        if self.word is None:
            raise AuthorityUnavailable("silent")
        return self.word


class Desk:
    """The tenant, the authority, and the worker between them."""

    def __init__(self, shop: Issuing) -> None:
        self.shop, self.authority = shop, Authority()
        settings = make_settings("postgresql://unused")
        self.worker = VoidWorker(shop.worker_pool, self.authority, settings)

    async def issue_paper(self, state: str = "confirmed", **changes: Any) -> dict[str, Any]:
        """An invoice on paper that the authority holds."""
        answer = await self.shop.post(make_body(kind="paper_ordinary", **changes))
        assert answer.status_code == 201, answer.text
        invoice = answer.json()
        await self.execute("update invoices set authority_state = $2 where id = $1", invoice["id"], state)
        found: dict[str, Any] = await self.get(f"/v1/invoices/{invoice['id']}")
        return found

    async def execute(self, statement: str, *values: object) -> None:
        async with transaction(self.shop.worker_pool) as tx:
            await tx.execute(statement, *values)

    async def void(self, invoice_id: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {"idempotency-key": key or uuid4().hex}
        path = f"/v1/invoices/{invoice_id}/void"
        return await self.shop.client.post(path, json=body or {}, headers=headers)

    async def get(self, path: str) -> Any:
        return (await self.shop.client.get(path)).json()

    async def wait_until_decided(self, invoice_id: str) -> None:
        """By the long poll that clients have."""
        found = await self.get(f"/v1/invoices/{invoice_id}?wait=voided&timeout=10")
        assert found["voiding"] is None, "the authority's word did not come"

    async def show(self) -> list[str]:
        """Deliver what was published, so that views are current; the types of the events."""
        records = await take_records(self.shop.worker_pool)
        await deliver(self.shop.worker_pool, HANDLERS, records)
        async with transaction(self.shop.worker_pool) as tx:
            return [row["type"] for row in await tx.fetch("select type from outbox order by position")]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The worker turns meanwhile; what waits for a later attempt is due at once."""

        async def turn() -> None:
            while True:
                await self.worker.step()
                await self.execute("update voids set next_attempt_at = $1", utc_now())
                await asyncio.sleep(0.01)

        loop = asyncio.create_task(turn())
        yield
        assert not loop.done(), loop.exception()
        loop.cancel()
        await asyncio.wait([loop])


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with issuing(await database("invoice")) as shop:
        await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 10)
        yield Desk(shop)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests do not wait long for the authority."""
    monkeypatch.setattr("services.invoice.api.waiting._WAIT_SECONDS", 0.2)


async def test_void_paper_invoice_in_its_month_releases_all_but_its_number(desk: Desk) -> None:
    invoice = await desk.issue_paper(reference="SO-1")
    await desk.show()
    assert (await desk.get("/v1/quota"))["used"] == "1038.00"
    async with desk.working():
        answer = await desk.void(invoice["id"], {"reason": "买方退回全部联次"}, key="k1")
        again = await desk.void(invoice["id"], {"reason": "买方退回全部联次"}, key="k1")
    assert answer.status_code == 200, answer.text
    voided = answer.json()
    assert (voided["status"], voided["reversal"], voided["number"]) == ("voided", "none", invoice["number"])
    assert voided["voiding"] is None
    assert voided["version"] > invoice["version"]
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    assert await desk.get(f"/v1/invoices/{invoice['id']}") == voided
    assert list(desk.authority.asked.values()) == [1]
    [order] = desk.authority.asked
    assert order == VoidOrder(desk.shop.taxpayer.seller.tax_id, invoice["code"], invoice["number"])
    assert (await desk.get("/v1/quota"))["used"] == "0.00"
    events = await desk.show()
    assert events.count("invoice.void_requested.v1") == events.count("invoice.voided.v1") == 1
    items = (await desk.get("/v1/invoices?status=voided"))["items"]
    assert [item["id"] for item in items] == [invoice["id"]]
    steps = [
        (step["type"], step["summary"], step["summary_zh"])
        for step in (await desk.get(f"/v1/invoices/{invoice['id']}/timeline"))["items"]
    ]
    assert steps[-2:] == [
        ("invoice.void_requested.v1", "Void requested: 买方退回全部联次", "已申请作废：买方退回全部联次"),
        ("invoice.voided.v1", "Voided: 买方退回全部联次", "已作废：买方退回全部联次"),
    ]
    async with transaction(desk.shop.worker_pool) as tx:
        assert await check_quotas(tx) == []


async def test_void_lets_the_same_be_issued_again(desk: Desk) -> None:
    body = make_body(kind="paper_ordinary", reference=None)
    invoice = await desk.issue_paper(reference=None)
    assert (await desk.shop.post(body)).json()["code"] == "duplicate-invoice"
    async with desk.working():
        assert (await desk.void(invoice["id"])).status_code == 200
    assert (await desk.shop.post(body)).status_code == 201


async def test_void_refused_by_the_authority_changes_nothing_and_says_why(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    await desk.show()
    desk.authority.word = VoidOutcome(USED)
    async with desk.working():
        refused = await desk.void(invoice["id"], key="k1")
        desk.authority.word = VoidOutcome()
        answer = await desk.get(f"/v1/invoices/{invoice['id']}")
        assert (answer["status"], answer["voiding"]) == ("issued", None)
        assert (await desk.get("/v1/quota"))["used"] == "1038.00"
        await desk.show()
        steps = (await desk.get(f"/v1/invoices/{invoice['id']}/timeline"))["items"]
        allowed = await desk.void(invoice["id"], key="k1")
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "invoice-not-voidable")
    assert (problem["reason_code"], problem["kind"]) == ("void-used", "paper_ordinary")
    assert problem["possible_until"].endswith("T16:00:00Z")
    assert problem["alternative"] == "POST /v1/invoices/{id}/red-forms"
    assert "The buyer has used or booked the invoice" in problem["detail"]
    assert "购买方已用途确认或入账" in problem["detail_zh"]
    assert steps[-1]["summary_zh"] == "税局不予作废：购买方已用途确认或入账"
    assert steps[-1]["actor"] == "authority"
    assert allowed.status_code == 200, "what stood in the way is gone"


@pytest.mark.usefixtures("impatient")
async def test_void_while_the_authority_is_silent_is_under_way(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    desk.authority.word = None
    path = f"/v1/invoices/{invoice['id']}"
    async with desk.working():
        answer = await desk.void(invoice["id"], {"reason": "开错"}, key="k1")
        assert (answer.status_code, answer.headers["location"]) == (202, path)
        shown = answer.json()
        assert (shown["status"], shown["voiding"]["reason"]) == ("issued", "开错")
        assert await desk.get(path) == shown
        second = await desk.void(invoice["id"], key="k2")
        assert (second.status_code, second.json()["voiding"]) == (202, shown["voiding"])
        form = {"reason": "goods_returned"}
        for call, body in (("red-forms", form), ("reissue", make_body(reference="SO-9"))):
            headers = {"idempotency-key": uuid4().hex}
            refused = await desk.shop.client.post(f"{path}/{call}", json=body, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (409, "invoice-not-reversible")
            assert "being voided" in refused.json()["detail"]
        desk.authority.word = VoidOutcome()
        await desk.wait_until_decided(invoice["id"])
        replayed = await desk.void(invoice["id"], {"reason": "开错"}, key="k1")
        assert (replayed.status_code, replayed.content) == (202, answer.content)
        assert (await desk.void(invoice["id"], key="k3")).status_code == 200
    assert len(desk.authority.asked) == 1


@pytest.mark.usefixtures("impatient")
async def test_void_waits_until_the_number_is_at_the_authority(desk: Desk) -> None:
    invoice = await desk.issue_paper(state="submitted")
    path = f"/v1/invoices/{invoice['id']}"
    async with desk.working():
        assert (await desk.void(invoice["id"])).status_code == 202
        assert not desk.authority.asked
        await desk.execute("update invoices set authority_state = 'confirmed' where id = $1", invoice["id"])
        assert (await desk.void(invoice["id"])).status_code == 200
    other = await desk.issue_paper(state="submitted", remarks="another")
    async with desk.working():
        assert (await desk.void(other["id"])).status_code == 202
        await desk.execute("update invoices set authority_state = 'refused' where id = $1", other["id"])
        await desk.wait_until_decided(other["id"])
        refused = (await desk.void(other["id"])).json()
    assert (refused["reason_code"], refused["alternative"]) == (
        "upload_refused",
        "POST /v1/invoices/{id}/resubmit",
    )
    assert (await desk.get(path))["status"] == "voided"


async def test_void_asked_for_by_twenty_at_once_has_one_effect(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    async with desk.working():
        answers = await asyncio.gather(
            *(desk.void(invoice["id"], key=f"k{number % 10}") for number in range(20))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    events = await desk.show()
    assert events.count("invoice.void_requested.v1") == events.count("invoice.voided.v1") == 1
    assert (await desk.get("/v1/quota"))["used"] == "0.00"


@pytest.mark.usefixtures("impatient")
async def test_void_whose_worker_died_is_settled_by_the_next(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    assert (await desk.void(invoice["id"])).status_code == 202
    now = utc_now()
    async with transaction(desk.shop.worker_pool) as tx:
        claimed = await claim_voids(tx, now=now, until=now + timedelta(seconds=30), limit=10)
    assert len(claimed) == 1, "the worker that has claimed it dies before it asks or settles"
    await desk.worker.step()
    assert not desk.authority.asked, "the lease holds"
    await desk.execute("update voids set claimed_until = $1", now - timedelta(seconds=1))
    await desk.worker.step()
    assert (await desk.get(f"/v1/invoices/{invoice['id']}"))["status"] == "voided"
    await desk.worker.step()
    assert list(desk.authority.asked.values()) == [1]


@pytest.mark.usefixtures("impatient")
async def test_void_answered_twice_is_settled_once(desk: Desk) -> None:
    """The lease of a slow worker ran out: two of them get the authority's word."""
    invoice = await desk.issue_paper()
    await desk.void(invoice["id"])
    now = utc_now()
    rounds = []
    for _ in range(3):
        async with transaction(desk.shop.worker_pool) as tx:
            rounds += await claim_voids(tx, now=now, until=now - timedelta(seconds=1), limit=1)
    await asyncio.gather(*(desk.worker.settle(due) for due in rounds))
    assert list(desk.authority.asked.values()) == [3]
    events = await desk.show()
    assert events.count("invoice.voided.v1") == 1
    assert (await desk.get("/v1/quota"))["used"] == "0.00"


@pytest.mark.usefixtures("impatient")
async def test_void_with_a_red_form_open_is_refused_until_it_is_revoked(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    await desk.execute(
        """
        insert into red_forms (
          tenant_id, id, taxpayer_id, invoice_id, invoice_number, state, initiator, reason, content, request_key,
          actor, request_id, traceparent, created_at, updated_at, version, task
        )
        select tenant_id, $2, taxpayer_id, id, number, '03', 'buyer', 'goods_returned', '{}', 'k', 'buyer', 'r', 't',
          now(), now(), 1, 'reject'
        from invoices
        where id = $1
        """,
        invoice["id"],
        new_id(),
    )
    refused = (await desk.void(invoice["id"])).json()
    assert (refused["reason_code"], refused["alternative"]) == (
        "red_form_open",
        "POST /v1/red-forms/{id}/revoke",
    )
    await desk.execute("update red_forms set state = '06'")
    async with desk.working():
        assert (await desk.void(invoice["id"])).status_code == 202, "the authority has not heard of it"
        await desk.execute("update red_forms set task = null")
        assert (await desk.void(invoice["id"])).status_code == 200


async def test_void_after_the_month_of_issue_says_until_when_it_was_possible(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    await desk.execute("update invoices set issue_date = '2026-01-31' where id = $1", invoice["id"])
    refused = (await desk.void(invoice["id"])).json()
    assert (refused["reason_code"], refused["possible_until"]) == ("window_over", "2026-01-31T16:00:00Z")
    assert "could be voided until the end of 2026-01-31" in refused["detail"]
    assert "2026-01-31" in refused["detail_zh"]
    assert refused["alternative"] == "POST /v1/invoices/{id}/red-forms"
    assert not desk.authority.asked


async def test_void_digital_invoice_is_refused_with_the_way_out(desk: Desk) -> None:
    invoice = (await desk.shop.post(make_body())).json()
    problem = await desk.void(invoice["id"])
    assert problem.status_code == 409
    refused = problem.json()
    assert refused["code"] == "invoice-not-voidable"
    assert (refused["kind"], refused["possible_until"]) == ("digital_ordinary", None)
    assert refused["alternative"] == "POST /v1/invoices/{id}/red-forms"
    assert "电子发票（普通发票）" in refused["detail_zh"]
    assert await desk.get(f"/v1/invoices/{invoice['id']}") == invoice
    assert "invoice.void_requested.v1" not in await desk.show()


async def test_void_hostile_requests_are_refused(desk: Desk) -> None:
    invoice = await desk.issue_paper()
    path = f"/v1/invoices/{invoice['id']}/void"
    assert (await desk.shop.client.post(path, json={})).json()["code"] == "idempotency-key-missing"
    assert (await desk.void(str(uuid4()))).status_code == 404
    assert (await desk.void("1")).status_code == 422
    for body in ({"why": "x"}, {"reason": "x" * 301}, {"reason": 1}, {"reason": "\u202e"}, [1]):
        assert (await desk.void(invoice["id"], body)).status_code == 422, body
    secret = await grant_api_key(desk.shop.worker_pool, TenantId(new_id()))
    async with make_client(desk.shop.app, secret) as stranger:
        headers = {"idempotency-key": "k"}
        assert (await stranger.post(path, json={}, headers=headers)).status_code == 404
    async with desk.working():
        answer = await desk.shop.client.post(path, headers={"idempotency-key": "bare"})
        assert answer.status_code == 200, "nothing has to be said"
        same = await desk.void(invoice["id"], {}, key="bare")
        assert same.headers["idempotency-replayed"] == "true"
        reused = await desk.void(invoice["id"], {"reason": "other"}, key="bare")
        assert reused.json()["code"] == "idempotency-key-reused"


async def test_void_pending_invoice_says_to_wait_for_the_number(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop:
        invoice = (await shop.post(make_body())).json()
        refused = (await Desk(shop).void(invoice["id"])).json()
    assert refused["invoice_status"] == "pending"
    assert "Once it has its number" in refused["detail"]
