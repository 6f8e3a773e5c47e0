"""The promise clock: one ticket for every missed promise, closed by itself when the invoice is final."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from libs.common.clock import utc_now
from libs.common.contracts.invoice import InvoiceRejected
from libs.common.db import transaction
from libs.common.events import decode_envelope
from libs.common.ids import TenantId, new_id
from services.support.watcher import Watcher
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Desk, make_issued, open_desk

TENANT = TenantId(new_id())
GRACE = timedelta(seconds=5)


class KnownUntil:
    """A horizon set by hand: caught up with everything before `now - behind`, or not known."""

    def __init__(self, behind: timedelta | None = timedelta(0)) -> None:
        self.behind = behind
        self.asked = 0

    async def reach(self, now: datetime) -> datetime | None:
        self.asked += 1
        return None if self.behind is None else now - self.behind


def make_watcher(desk: Desk, horizon: KnownUntil, clock: Callable[[], datetime] = utc_now) -> Watcher:
    return Watcher(desk.worker_pool, horizon, grace=GRACE, clock=clock)


def later(seconds: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(seconds=seconds)


async def load_tickets(desk: Desk) -> list[asyncpg.Record]:
    async with transaction(desk.worker_pool) as tx:
        return await tx.fetch("select * from tickets order by id")


async def load_events(desk: Desk) -> list[tuple[str, UUID, str]]:
    async with transaction(desk.worker_pool) as tx:
        rows = await tx.fetch("select type, subject, correlation_id from outbox order by position")
    return [(row["type"], row["subject"], row["correlation_id"]) for row in rows]


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


async def run_until_idle(watcher: Watcher) -> None:
    while await watcher.step():
        pass


async def test_watcher_promise_not_yet_missed_opens_nothing_and_asks_nobody(desk: Desk) -> None:
    horizon = KnownUntil()
    await desk.issue(TENANT, promise=utc_now() + timedelta(minutes=10))
    await run_until_idle(make_watcher(desk, horizon, later(600)))
    assert await load_tickets(desk) == []
    assert horizon.asked == 0


async def test_watcher_missed_promise_opens_one_ticket_as_the_platform(desk: Desk) -> None:
    invoice_id = await desk.issue(TENANT, promise=utc_now() + timedelta(minutes=10))
    watcher = make_watcher(desk, KnownUntil(), later(606))
    await run_until_idle(watcher)
    await run_until_idle(watcher)
    [ticket] = await load_tickets(desk)
    assert (ticket["invoice_id"], ticket["category"], ticket["opened_by"], ticket["number"]) == (
        invoice_id,
        "promise",
        "platform",
        1,
    )
    assert "未按时完成" in ticket["title"]
    assert [(kind, subject) for kind, subject, _ in await load_events(desk)] == [
        ("support.ticket_opened.v1", invoice_id)
    ]


async def test_watcher_two_at_once_open_each_ticket_exactly_once(desk: Desk) -> None:
    for index in range(40):
        number = f"{26422000000000000001 + index}"
        await desk.issue(TENANT, number=number, promise=utc_now() - timedelta(minutes=1))
    await asyncio.gather(*(run_until_idle(make_watcher(desk, KnownUntil())) for _ in range(3)))
    tickets = await load_tickets(desk)
    assert len(tickets) == len({ticket["invoice_id"] for ticket in tickets}) == 40
    assert sorted(ticket["number"] for ticket in tickets) == list(range(1, 41))


async def test_watcher_that_has_not_caught_up_opens_nothing(desk: Desk) -> None:
    await desk.issue(TENANT, promise=utc_now() - timedelta(minutes=1))
    for behind in (None, timedelta(minutes=2)):
        await run_until_idle(make_watcher(desk, KnownUntil(behind)))
    assert await load_tickets(desk) == []
    await run_until_idle(make_watcher(desk, KnownUntil(timedelta(seconds=50))))
    assert len(await load_tickets(desk)) == 1


@pytest.mark.parametrize("outcome", ["confirmed", "rejected"])
async def test_final_invoice_closes_its_ticket_with_a_note(desk: Desk, outcome: str) -> None:
    invoice_id = await desk.issue(TENANT, promise=utc_now() - timedelta(minutes=1))
    await run_until_idle(make_watcher(desk, KnownUntil()))
    if outcome == "confirmed":
        [record] = await desk.confirm(TENANT, invoice_id)
        note = "税务机关已确认该发票"
    else:
        rejected = InvoiceRejected(
            number=None,
            reference="SO-000001",
            status="rejected",
            reason_code="9",
            reason="buyer unknown",
            reason_zh="购买方不存在",
        )
        [record] = await desk.apply(TENANT, invoice_id, rejected)
        note = "购买方不存在"
    [ticket] = await load_tickets(desk)
    assert ticket["state"] == "closed"
    assert note in ticket["resolution"]
    kind, subject, correlation = (await load_events(desk))[-1]
    assert (kind, subject) == ("support.ticket_changed.v1", invoice_id)
    assert correlation == decode_envelope(record.headers).correlation.id
    await desk.feed([record])
    assert len(await load_events(desk)) == 2


async def test_final_invoice_leaves_a_customers_own_ticket_open(desk: Desk) -> None:
    customer = await desk.customer()
    invoice_id = await desk.issue(customer.tenant)
    body = {"title": "抬头写错了", "text": "请帮忙。", "invoice": str(invoice_id)}
    opened = (await customer.post("/v1/tickets", body)).json()
    await desk.confirm(customer.tenant, invoice_id)
    assert (await customer.get(f"/v1/tickets/{opened['id']}")).json()["state"] == "open"


async def test_invoice_confirmed_before_the_watcher_looks_gets_no_ticket(desk: Desk) -> None:
    invoice_id = await desk.issue(TENANT, promise=utc_now() - timedelta(minutes=1))
    await desk.confirm(TENANT, invoice_id)
    await run_until_idle(make_watcher(desk, KnownUntil()))
    assert await load_tickets(desk) == []


async def close_by_hand(desk: Desk, ticket: asyncpg.Record, tenant: TenantId = TENANT) -> dict[str, Any]:
    customer = await desk.client(tenant, ("support:read", "support:write"))
    answer: dict[str, Any] = (await customer.post(f"/v1/tickets/{ticket['id']}/close", {})).json()
    return answer


async def test_ticket_closed_by_hand_is_not_opened_again_for_the_same_promise(desk: Desk) -> None:
    await desk.issue(TENANT, promise=utc_now() - timedelta(minutes=1))
    watcher = make_watcher(desk, KnownUntil())
    await run_until_idle(watcher)
    [ticket] = await load_tickets(desk)
    assert (await close_by_hand(desk, ticket))["state"] == "closed"
    await run_until_idle(watcher)
    assert len(await load_tickets(desk)) == 1


async def test_renewed_promise_missed_again_opens_a_ticket_only_if_none_is_open(desk: Desk) -> None:
    invoice_id = await desk.issue(TENANT, promise=utc_now() - timedelta(minutes=3))
    watcher = make_watcher(desk, KnownUntil())
    await run_until_idle(watcher)
    await desk.apply(TENANT, invoice_id, make_issued(invoice_id, promise=utc_now() - timedelta(minutes=2)))
    await run_until_idle(watcher)
    [ticket] = await load_tickets(desk)
    await close_by_hand(desk, ticket)
    await desk.apply(TENANT, invoice_id, make_issued(invoice_id, promise=utc_now() - timedelta(minutes=1)))
    await run_until_idle(watcher)
    assert [ticket["state"] for ticket in await load_tickets(desk)] == ["closed", "open"]
    customer = await desk.client(TENANT, ("support:read", "support:write"))
    refused = await customer.post(f"/v1/tickets/{ticket['id']}/reopen", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket-state-conflict")
