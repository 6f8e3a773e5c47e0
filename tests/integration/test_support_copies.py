"""An agent has a copy of a ticket's invoice sent: to known contacts only, on the record, told to its tenant."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from deploy.local.databases import connected
from libs.common.clock import utc_now
from libs.common.contracts.invoice_corrections import InvoiceVoided
from libs.common.contracts.render import DocumentFailed, DocumentsReady, ReadyDocument, StoredObject
from libs.common.contracts.support import CopyRequested
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Client, Desk, open_desk

NUMBER = "26422000000000000001"
FACTS: dict[str, Any] = {"number": NUMBER, "reference": "SO-1"}
WISH = {"to": "buyer", "reason": "买方遗失了文件。"}
LOAD_EVENTS = "select type, subject, payload from outbox order by position"


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


def ready(*formats: str) -> DocumentsReady:
    place = StoredObject(bucket="b", key="k", version_id="v", offset=0, length=1)
    documents = tuple(
        ReadyDocument(format=name, version=1, sha256="0" * 64, size=1, object=place) for name in formats
    )
    return DocumentsReady(documents=documents, **FACTS)


async def open_ticket(desk: Desk, customer: Client, *formats: str) -> tuple[UUID, str]:
    """A ticket about an invoice that has these documents."""
    invoice_id = await desk.issue(customer.tenant)
    if formats:
        await desk.apply(customer.tenant, invoice_id, ready(*formats))
    opening = {"title": "找不到文件", "text": "电脑坏了。", "invoice": str(invoice_id)}
    ticket = (await customer.post("/v1/tickets", opening)).json()
    return invoice_id, ticket["id"]


async def requests(desk: Desk) -> list[tuple[UUID, CopyRequested]]:
    async with connected(desk.superuser_url) as connection:
        rows = await connection.fetch(LOAD_EVENTS)
    return [
        (row["subject"], msgspec.json.decode(row["payload"], type=CopyRequested))
        for row in rows
        if row["type"] == CopyRequested.TYPE
    ]


async def test_copy_is_asked_of_notify_and_stands_in_the_history(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    invoice_id, ticket_id = await open_ticket(desk, customer, "pdf", "ofd", "xml")
    answer = await agent.post(f"/v1/tickets/{ticket_id}/copies", WISH | {"formats": ["ofd", "pdf"]})
    assert answer.status_code == 202, answer.text
    assert answer.json()["invoice"]["documents"] == {"pdf": "ready", "ofd": "ready", "xml": "ready"}
    [(subject, request)] = await requests(desk)
    assert (subject, request.to, request.formats) == (invoice_id, "buyer", ("ofd", "pdf"))
    assert (request.number, request.reason) == (NUMBER, WISH["reason"])
    seen = (await customer.get(f"/v1/tickets/{ticket_id}")).json()
    assert seen["state"] == "open"
    assert (seen["history"][-1]["change"], seen["history"][-1]["actor"]) == ("copy_requested", request.actor)
    assert WISH["reason"] in seen["history"][-1]["note"]
    async with connected(desk.superuser_url) as connection:
        actions = await connection.fetch("select action from agent_accesses where tenant_id is not null")
    assert [row["action"] for row in actions] == ["copies"]


async def test_copy_of_what_is_not_ready_leaves_it_out(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    invoice_id, ticket_id = await open_ticket(desk, customer, "pdf")
    failed = DocumentFailed(format="ofd", reason="no glyph", reason_zh="缺字", **FACTS)
    await desk.apply(customer.tenant, invoice_id, failed)
    assert (await agent.post(f"/v1/tickets/{ticket_id}/copies", WISH)).status_code == 202
    [(_, request)] = await requests(desk)
    assert request.formats == ("pdf",)


@pytest.mark.parametrize("case", ["no document", "another format", "no invoice", "voided"])
async def test_copy_of_nothing_is_refused(desk: Desk, case: str) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    formats = () if case == "no document" else ("pdf",)
    invoice_id, ticket_id = await open_ticket(desk, customer, *formats)
    if case == "no invoice":
        ticket_id = (await customer.post("/v1/tickets", {"title": "x", "text": "y"})).json()["id"]
    if case == "voided":
        voided = InvoiceVoided(code=None, voided_at=utc_now(), reason="", actor="user:1", **FACTS)
        await desk.apply(customer.tenant, invoice_id, voided)
    wish = WISH | ({"formats": ["xml"]} if case == "another format" else {})
    answer = await agent.post(f"/v1/tickets/{ticket_id}/copies", wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "copy-impossible")
    assert await requests(desk) == []


async def test_copy_from_a_closed_ticket_is_refused(desk: Desk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    _, ticket_id = await open_ticket(desk, customer, "pdf")
    await customer.post(f"/v1/tickets/{ticket_id}/close", {})
    answer = await agent.post(f"/v1/tickets/{ticket_id}/copies", WISH)
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket-state-conflict")


async def test_copy_is_for_agents_only(desk: Desk) -> None:
    customer = await desk.customer()
    _, ticket_id = await open_ticket(desk, customer, "pdf")
    assert (await customer.post(f"/v1/tickets/{ticket_id}/copies", WISH)).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to": "thief@example.cn"}, "/to"),
        ({"email": "thief@example.cn"}, "/email"),
        ({"formats": ["docx"]}, "/formats/0"),
        ({"formats": []}, "/formats"),
        ({"reason": ""}, "/reason"),
        ({"reason": "a\u0000"}, "/reason"),
    ],
)
async def test_copy_with_an_address_or_a_bad_field_is_refused(
    desk: Desk, change: dict[str, Any], pointer: str
) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    _, ticket_id = await open_ticket(desk, customer, "pdf")
    answer = await agent.post(f"/v1/tickets/{ticket_id}/copies", WISH | change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
