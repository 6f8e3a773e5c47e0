"""A tenant's tickets over HTTP against real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.local.databases import connected
from libs.common.db import transaction
from libs.common.ids import new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Client, Desk, open_desk

OPENING = {"title": "发票打不开", "text": "PDF 打开后是空白的。\n请帮忙看看。"}


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


async def open_ticket(client: Client, **changes: object) -> dict[str, Any]:
    answer = await client.post("/v1/tickets", {**OPENING, **changes})
    assert answer.status_code == 201, answer.content
    ticket: dict[str, Any] = answer.json()
    return ticket


def field_errors(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_open_ticket_answers_with_location_and_first_history(desk: Desk) -> None:
    client = await desk.customer()
    answer = await client.post("/v1/tickets", OPENING, x_request_id="req-17")
    ticket = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/tickets/{ticket['id']}"
    assert (ticket["number"], ticket["state"], ticket["version"]) == (1, "open", 1)
    assert (ticket["title"], ticket["text"]) == (OPENING["title"], OPENING["text"])
    assert [(line["change"], line["request_id"]) for line in ticket["history"]] == [("opened", "req-17")]


async def test_open_ticket_announces_it_with_the_ticket_as_subject(desk: Desk) -> None:
    client = await desk.customer()
    ticket = await open_ticket(client)
    async with transaction(desk.worker_pool) as tx:
        row = await tx.fetchrow(
            "select type, subject, sequence, convert_from(payload, 'utf8') as payload from outbox"
        )
    assert row is not None
    assert (row["type"], str(row["subject"]), row["sequence"]) == (
        "support.ticket_opened.v1",
        ticket["id"],
        1,
    )
    assert '"ticket_number":1' in row["payload"]


@pytest.mark.parametrize("by", ["number", "id"])
async def test_open_ticket_about_an_invoice_carries_its_facts(desk: Desk, by: str) -> None:
    client = await desk.customer()
    invoice_id = await desk.issue(client.tenant)
    name = {"number": "26422000000000000001", "id": str(invoice_id)}[by]
    ticket = (await client.post("/v1/tickets", {**OPENING, "invoice": name})).json()
    facts = ticket["invoice"]
    assert facts["id"] == str(invoice_id)
    assert (facts["number"], facts["buyer_name"], facts["total"]) == (
        "26422000000000000001",
        "武汉某某商贸有限公司",
        "1172.94",
    )
    async with transaction(desk.worker_pool) as tx:
        assert await tx.fetchval("select subject from outbox") == invoice_id


async def test_open_ticket_unknown_invoice_is_refused_and_leaves_nothing(desk: Desk) -> None:
    client, stranger = await desk.customer(), await desk.customer()
    foreign = await desk.issue(stranger.tenant)
    for name in ("26429999999999999999", str(new_id()), str(foreign)):
        answer = await client.post("/v1/tickets", {**OPENING, "invoice": name})
        assert (answer.status_code, answer.json()["code"]) == (422, "invoice-unknown")
        assert field_errors(answer) == [("/invoice", "invoice-unknown")]
    assert (await open_ticket(client))["number"] == 1


async def test_open_ticket_at_once_gives_gapless_numbers_in_each_tenant(desk: Desk) -> None:
    first, second = await desk.customer(), await desk.customer()
    opened = await asyncio.gather(*(open_ticket(client) for _ in range(12) for client in (first, second)))
    for client in (first, second):
        numbers = [ticket["number"] for ticket in opened if ticket["tenant_id"] == str(client.tenant)]
        assert sorted(numbers) == list(range(1, 13))


async def test_open_ticket_same_key_twice_opens_one(desk: Desk) -> None:
    client = await desk.customer()
    first = await client.post("/v1/tickets", OPENING, idempotency_key="k-1")
    again = await client.post("/v1/tickets", OPENING, idempotency_key="k-1")
    other = await client.post("/v1/tickets", {**OPENING, "title": "另一个"}, idempotency_key="k-1")
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len((await client.get("/v1/tickets")).json()["items"]) == 1


async def test_ticket_of_another_tenant_is_not_found_on_every_route(desk: Desk) -> None:
    owner, stranger = await desk.customer(), await desk.customer()
    ticket = await open_ticket(owner)
    path = f"/v1/tickets/{ticket['id']}"
    answers = [
        await stranger.get(path),
        await stranger.post(f"{path}/replies", {"text": "hello"}),
        await stranger.post(f"{path}/close", {}),
        await stranger.post(f"{path}/reopen", {}),
        await stranger.get(f"/v1/tickets/{new_id()}"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not-found")] * 5
    assert (await stranger.get("/v1/tickets")).json()["items"] == []
    assert (await owner.get(path)).json()["version"] == 1


async def test_ticket_conversation_moves_through_its_states(desk: Desk) -> None:
    client = await desk.customer()
    path = f"/v1/tickets/{(await open_ticket(client))['id']}"
    replied = await client.post(f"{path}/replies", {"text": "补充：昨天还可以。"})
    closed = await client.post(f"{path}/close", {"resolution": "自己解决了"})
    refused = await client.post(f"{path}/replies", {"text": "还有"})
    reopened = await client.post(f"{path}/reopen", {"reason": "又出现了"})
    ticket = (await client.get(path)).json()
    assert [a.status_code for a in (replied, closed, refused, reopened)] == [201, 200, 409, 200]
    assert (refused.json()["code"], refused.json()["state"]) == ("ticket-state-conflict", "closed")
    assert [line["change"] for line in ticket["history"]] == ["opened", "replied", "closed", "reopened"]
    assert [line["state"] for line in ticket["history"]] == ["open", "open", "closed", "waiting_agent"]
    assert [reply["text"] for reply in ticket["replies"]] == ["补充：昨天还可以。"]
    assert ticket["history"][2]["note"] == "自己解决了"


async def test_close_without_a_body_is_accepted(desk: Desk) -> None:
    client = await desk.customer()
    path = f"/v1/tickets/{(await open_ticket(client))['id']}"
    assert (await client.post(f"{path}/close")).json()["state"] == "closed"
    assert (await client.post(f"{path}/reopen")).json()["state"] == "waiting_agent"


async def test_edit_with_a_stale_etag_is_refused_and_changes_nothing(desk: Desk) -> None:
    client = await desk.customer()
    path = f"/v1/tickets/{(await open_ticket(client))['id']}"
    seen = (await client.get(path)).headers["etag"]
    assert (await client.post(f"{path}/replies", {"text": "一"}, if_match=seen)).status_code == 201
    for tag in (seen, '"9-0000000000000000"', '"nonsense"'):
        stale = await client.post(f"{path}/close", {}, if_match=tag)
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (await client.get(path)).json()["state"] == "open"


async def test_edit_after_only_the_invoice_changed_is_accepted(desk: Desk) -> None:
    client = await desk.customer()
    invoice_id = await desk.issue(client.tenant)
    path = f"/v1/tickets/{(await open_ticket(client, invoice=str(invoice_id)))['id']}"
    seen = (await client.get(path)).headers["etag"]
    await desk.confirm(client.tenant, invoice_id)
    assert (await client.get(path, if_none_match=seen)).status_code == 200
    assert (await client.post(f"{path}/close", {}, if_match=seen)).status_code == 200


async def test_get_ticket_unchanged_is_304(desk: Desk) -> None:
    client = await desk.customer()
    path = f"/v1/tickets/{(await open_ticket(client))['id']}"
    seen = await client.get(path)
    again = await client.get(path, if_none_match=seen.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", seen.headers["etag"])


async def test_list_pages_newest_first_without_repeats(desk: Desk) -> None:
    client = await desk.customer()
    for _ in range(5):
        await open_ticket(client)
    numbers, cursor = [], ""
    while True:
        page = (await client.get(f"/v1/tickets?limit=2{cursor}")).json()
        numbers += [ticket["number"] for ticket in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert numbers == [5, 4, 3, 2, 1]


async def test_list_filters_by_state_and_invoice(desk: Desk) -> None:
    client = await desk.customer()
    invoice_id = await desk.issue(client.tenant)
    about = await open_ticket(client, invoice=str(invoice_id))
    other = await open_ticket(client)
    await client.post(f"/v1/tickets/{other['id']}/close", {})

    async def ids(query: str) -> list[str]:
        return [ticket["id"] for ticket in (await client.get(f"/v1/tickets?{query}")).json()["items"]]

    assert await ids("state=closed") == [other["id"]]
    assert await ids(f"invoice={invoice_id}") == [about["id"]]
    assert await ids("invoice=26422000000000000001") == [about["id"]]
    assert await ids("invoice=26422000000000000002") == []


async def test_close_with_a_failing_commit_changes_and_announces_nothing(desk: Desk) -> None:
    client = await desk.customer()
    path = f"/v1/tickets/{(await open_ticket(client))['id']}"
    refuse = """
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create constraint trigger refuse after insert on ticket_changes deferrable initially deferred
      for each row execute function refuse();
    """
    async with connected(desk.superuser_url) as connection:
        await connection.execute(refuse)
        failed = await client.post(f"{path}/close", {})
        await connection.execute("drop trigger refuse on ticket_changes")
        events = await connection.fetchval("select count(*) from outbox")
    assert failed.status_code == 500
    assert (await client.get(path)).json()["state"] == "open"
    assert events == 1
