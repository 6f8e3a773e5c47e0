"""Platform agents reach the tickets of every tenant, on the record; nobody else does."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.databases import connected
from libs.common.db import transaction
from libs.common.ids import new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Client, Desk, open_desk

COUNT = "select count(*) from {}"
OPENING = {"title": "登录不了", "text": "提示锁定。"}


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


async def open_ticket(client: Client, **changes: object) -> str:
    answer = await client.post("/v1/tickets", {**OPENING, **changes})
    ticket_id: str = answer.json()["id"]
    return ticket_id


async def accesses(desk: Desk) -> list[tuple[str | None, str]]:
    async with connected(desk.superuser_url) as connection:
        rows = await connection.fetch("select ticket_id, action from agent_accesses order by id")
    return [(row["ticket_id"] and str(row["ticket_id"]), row["action"]) for row in rows]


async def test_agent_lists_tickets_of_all_tenants_and_leaves_a_trace(desk: Desk) -> None:
    first, second, agent = await desk.customer(), await desk.customer(), await desk.agent()
    invoice_id = await desk.issue(first.tenant)
    opened = [await open_ticket(first, invoice=str(invoice_id)), await open_ticket(second)]
    items = (await agent.get("/v1/tickets")).json()["items"]
    assert [item["id"] for item in items] == opened[::-1]
    assert items[1]["invoice_number"] == "26422000000000000001"
    assert {item["tenant_name"] for item in items} == {"测试租户"}
    assert await accesses(desk) == [(None, "list")]


async def test_agent_pages_and_filters_like_a_tenant(desk: Desk) -> None:
    agent, customers = await desk.agent(), [await desk.customer() for _ in range(3)]
    opened = [await open_ticket(customer) for customer in customers]
    await customers[0].post(f"/v1/tickets/{opened[0]}/close", {})
    first = (await agent.get("/v1/tickets?limit=2")).json()
    rest = (await agent.get(f"/v1/tickets?limit=2&cursor={first['next_cursor']}")).json()
    assert [t["id"] for t in first["items"] + rest["items"]] == opened[::-1]
    assert rest["next_cursor"] is None
    closed = (await agent.get("/v1/tickets?state=closed")).json()["items"]
    assert [t["id"] for t in closed] == [opened[0]]


async def test_agent_answers_and_the_customer_sees_it_waiting_for_them(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    path = f"/v1/tickets/{await open_ticket(customer)}"
    answer = await agent.post(f"{path}/replies", {"text": "请再试一次。"})
    ticket = (await customer.get(path)).json()
    assert (answer.status_code, ticket["state"]) == (201, "waiting_customer")
    assert [(r["text"], r["is_agent"]) for r in ticket["replies"]] == [("请再试一次。", True)]
    assert ticket["tenant_id"] == str(customer.tenant)


async def test_internal_note_is_seen_by_agents_only_and_never_announced(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    path = f"/v1/tickets/{await open_ticket(customer)}"
    noted = await agent.post(f"{path}/replies", {"text": "疑似误操作", "is_internal": True})
    assert [r["text"] for r in noted.json()["replies"]] == ["疑似误操作"]
    assert [h["change"] for h in noted.json()["history"]] == ["opened", "noted"]
    shown = await customer.get(path)
    assert "疑似误操作" not in shown.text
    assert [h["change"] for h in shown.json()["history"]] == ["opened"]
    async with transaction(desk.worker_pool) as tx:
        assert await tx.fetchval("select count(*) from outbox") == 1


async def test_internal_note_by_a_customer_is_forbidden(desk: Desk) -> None:
    customer = await desk.customer()
    path = f"/v1/tickets/{await open_ticket(customer)}"
    answer = await customer.post(f"{path}/replies", {"text": "x", "is_internal": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/is_internal")
    assert (await customer.get(path)).json()["version"] == 1


@pytest.mark.parametrize("by", ["username", "id"])
async def test_assign_puts_the_ticket_into_an_agents_hands(desk: Desk, by: str) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    user = await desk.hire(agent.tenant, "li.si")
    path = f"/v1/tickets/{await open_ticket(customer)}"
    answer = await agent.post(f"{path}/assign", {"agent": {"username": "li.si", "id": str(user)}[by]})
    ticket = answer.json()
    assert (answer.status_code, ticket["state"]) == (200, "waiting_agent")
    assert (ticket["agent_id"], ticket["agent_name"]) == (str(user), "客服li.si")
    assert (await agent.get("/v1/tickets")).json()["items"][0]["agent_name"] == "客服li.si"


async def test_assign_to_nobody_or_to_no_agent_is_refused(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    await desk.hire(customer.tenant, "outsider")
    await desk.hire(agent.tenant, "boss", roles=("operator",))
    path = f"/v1/tickets/{await open_ticket(customer)}"
    for name in ("outsider", "boss", "nobody", str(new_id())):
        answer = await agent.post(f"{path}/assign", {"agent": name})
        assert (answer.status_code, answer.json()["code"]) == (422, "agent-unknown")
        assert answer.json()["errors"][0]["pointer"] == "/agent"
    assert (await customer.get(path)).json()["agent_id"] is None


async def test_assign_by_a_customer_is_forbidden(desk: Desk) -> None:
    customer = await desk.customer()
    path = f"/v1/tickets/{await open_ticket(customer)}"
    answer = await customer.post(f"{path}/assign", {"agent": "li.si"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_agent_reach_is_recorded_before_the_outcome_is_known(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    ticket_id, missing = await open_ticket(customer), str(new_id())
    await agent.get(f"/v1/tickets/{ticket_id}")
    refused = await agent.post(f"/v1/tickets/{ticket_id}/reopen", {})
    unknown = await agent.post(f"/v1/tickets/{missing}/close", {})
    assert (refused.status_code, unknown.status_code) == (409, 404)
    assert await accesses(desk) == [(ticket_id, "read"), (ticket_id, "reopen"), (missing, "close")]


async def test_api_role_without_tenant_sees_no_row_of_any_table(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    await desk.hire(agent.tenant, "li.si")
    path = f"/v1/tickets/{await open_ticket(customer, invoice=str(await desk.issue(customer.tenant)))}"
    await customer.post(f"{path}/replies", {"text": "x"})
    await agent.get("/v1/tickets")
    tables = ["tickets", "ticket_replies", "ticket_changes", "ticket_counters", "invoice_facts", "users"]
    async with transaction(desk.worker_pool) as tx:
        for table in tables:
            assert await tx.fetchval(COUNT.format(table)) > 0, table
    async with transaction(desk.api_pool) as tx:
        for table in [*tables, "ticket_summaries"]:
            assert await tx.fetchval(COUNT.format(table)) == 0, table


async def test_api_role_cannot_read_or_forge_the_record_of_accesses(desk: Desk) -> None:
    for statement in ("select count(*) from agent_accesses", "delete from agent_accesses"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(desk.api_pool) as tx:
                await tx.execute(statement)
