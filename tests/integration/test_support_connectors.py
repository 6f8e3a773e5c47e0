"""A closed connection with the tax bureau makes many invoices late and is one matter: one ticket."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.invoice import InvoiceConnectorChanged
from libs.common.ids import TenantId, new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import TAXPAYER, Desk, open_desk
from tests.integration.test_support_promises import (
    KnownUntil,
    close_by_hand,
    later,
    load_tickets,
    make_watcher,
    run_until_idle,
)

TENANT = TenantId(new_id())
LATE = timedelta(minutes=1)


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


def change(state: str) -> InvoiceConnectorChanged:
    return InvoiceConnectorChanged(
        seller_name="武汉晴川数码科技有限公司",
        seller_tax_id="91420100MA4K00002Y",
        state=state,
        previous_state="ok" if state != "ok" else "login_needed",
        last_error=None,
        since=utc_now(),
    )


async def issue_late(desk: Desk, count: int) -> list[UUID]:
    return [
        await desk.issue(TENANT, number=f"{26422000000000000001 + place}", promise=utc_now() - LATE)
        for place in range(count)
    ]


@pytest.mark.parametrize("state", ["login_needed", "down"])
async def test_closed_connection_gets_one_ticket_for_all_late_invoices(desk: Desk, state: str) -> None:
    await issue_late(desk, 30)
    await desk.apply(TENANT, TAXPAYER, change(state))
    horizon = KnownUntil()
    watcher = make_watcher(desk, horizon)
    await run_until_idle(watcher)
    [ticket] = await load_tickets(desk)
    assert (ticket["invoice_id"], ticket["category"], ticket["state"]) == (None, "promise", "open")
    assert "30 张发票" in ticket["text"]
    assert ("请开票员登录" in ticket["text"]) is (state == "login_needed")
    asked = horizon.asked
    await run_until_idle(watcher)
    assert (len(await load_tickets(desk)), horizon.asked) == (1, asked)


async def test_connection_that_is_back_ends_the_ticket_and_leaves_time_to_catch_up(desk: Desk) -> None:
    invoices = await issue_late(desk, 3)
    await desk.apply(TENANT, TAXPAYER, change("login_needed"))
    await run_until_idle(make_watcher(desk, KnownUntil()))
    await desk.apply(TENANT, TAXPAYER, change("ok"))
    [ticket] = await load_tickets(desk)
    assert ticket["state"] == "closed"
    assert "已恢复" in ticket["resolution"]
    await run_until_idle(make_watcher(desk, KnownUntil(), later(60)))
    assert len(await load_tickets(desk)) == 1
    for invoice in invoices[1:]:
        await desk.confirm(TENANT, invoice)
    await run_until_idle(make_watcher(desk, KnownUntil(), later(600)))
    assert [each["invoice_id"] for each in await load_tickets(desk)] == [None, invoices[0]]


async def test_ticket_closed_by_hand_is_not_opened_again_while_the_connection_is_closed(desk: Desk) -> None:
    await issue_late(desk, 2)
    await desk.apply(TENANT, TAXPAYER, change("down"))
    await run_until_idle(make_watcher(desk, KnownUntil()))
    [ticket] = await load_tickets(desk)
    await close_by_hand(desk, ticket, TENANT)
    await run_until_idle(make_watcher(desk, KnownUntil()))
    await desk.apply(TENANT, TAXPAYER, change("ok"))
    assert [each["state"] for each in await load_tickets(desk)] == ["closed"]


async def test_others_late_invoices_get_tickets_of_their_own(desk: Desk) -> None:
    await desk.apply(TENANT, new_id(), change("login_needed"))
    (invoice,) = await issue_late(desk, 1)
    await run_until_idle(make_watcher(desk, KnownUntil()))
    assert [each["invoice_id"] for each in await load_tickets(desk)] == [invoice]
