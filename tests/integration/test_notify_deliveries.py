"""Deliveries as their tenant sees and asks for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.consumer import Applier
from libs.common.contracts.render import DocumentFailed
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from services.notify.main import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import NOWHERE, PDF, Notifying, Story, notifying
from tests.helpers.records import as_record

EMAIL = {"channels": ["email"]}


@pytest.fixture
async def notify(database: MakeDatabase) -> AsyncIterator[Notifying]:
    async with notifying(await database("notify")) as running:
        yield running


async def post(notify: Notifying, story: Story, body: Any = EMAIL, **headers: str) -> httpx.Response:
    return await notify.client.post(f"/v1/invoices/{story.id}/deliveries", json=body, headers=headers)


async def states(notify: Notifying, story: Story) -> list[str]:
    return [item["state"] for item in (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]]


@pytest.mark.parametrize("is_ready_first", [False, True])
async def test_delivery_is_due_once_the_pdf_is_there(notify: Notifying, is_ready_first: bool) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    if is_ready_first:
        await notify.apply(story.ready())
        await notify.apply(story.issued())
    else:
        await notify.apply(story.issued())
        assert await states(notify, story) == ["waiting"]
        await notify.apply(story.ready(document_format="xml"))
        assert await states(notify, story) == ["waiting"]
        await notify.apply(story.ready(sequence=2))
    assert await states(notify, story) == ["pending"]


def failed(story: Story, document_format: str, *, sequence: int) -> Record:
    payload = DocumentFailed(
        number=story.number,
        reference=f"SO-{story.id}",
        format=document_format,
        reason=f"no glyph in the {document_format}",
        reason_zh="缺字",
    )
    return as_record(payload, tenant=story.tenant, subject=story.id, sequence=sequence)


@pytest.mark.parametrize("is_failed_first", [False, True])
async def test_delivery_whose_pdf_failed_says_so_and_goes_once_it_is_made_after_all(
    notify: Notifying, is_failed_first: bool
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    failures = [failed(story, name, sequence=at) for at, name in enumerate(("ofd", "pdf"), 1)]
    for records in [failures, [story.issued()]] if is_failed_first else [[story.issued()], failures]:
        await notify.apply(*records)
    [delivery] = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]
    assert (delivery["state"], delivery["last_error"]) == ("waiting", "no glyph in the pdf")
    assert await notify.get(f"/v1/messages/{delivery['id']}") == delivery
    told = [item["text"] for item in (await notify.get("/v1/inbox"))["items"] if "glyph" in item["text"]]
    assert ["wait until the PDF is made" in text for text in told] == [True, False]
    await notify.apply(story.ready(sequence=3))
    [delivery] = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]
    assert (delivery["state"], delivery["last_error"]) == ("pending", None)


async def test_delivery_is_due_when_two_workers_handle_issue_and_pdf_at_once(notify: Notifying) -> None:
    appliers = [Applier(notify.pool, HANDLERS) for _ in range(2)]
    stories = [Story(notify.tenant, email="ap@example.cn") for _ in range(40)]
    for story in stories:
        await asyncio.gather(appliers[0].apply([story.issued()]), appliers[1].apply([story.ready()]))
    rows = await notify.fetch("select state, count(*) from deliveries group by state")
    assert [tuple(row) for row in rows] == [("pending", 40)]


async def test_delivery_takes_the_newest_of_two_versions_that_come_together(notify: Notifying) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready(), story.ready(sequence=2))
    assert await states(notify, story) == ["pending"]
    assert [row[0] for row in await notify.fetch("select documents->'pdf'->>'version' from invoices")] == [
        "2"
    ]


async def test_delivery_asked_for_while_the_pdf_becomes_ready_is_due(notify: Notifying) -> None:
    stories = [Story(notify.tenant, email="ap@example.cn") for _ in range(20)]
    await notify.apply(*(story.issued() for story in stories))
    for story in stories:
        _, answer = await asyncio.gather(notify.apply(story.ready()), post(notify, story))
        assert answer.status_code == 202
    rows = await notify.fetch("select state, count(*) from deliveries group by state")
    assert [tuple(row) for row in rows] == [("pending", 40)]


async def test_invoice_that_asks_for_no_mail_has_no_delivery(notify: Notifying) -> None:
    story = Story(notify.tenant)
    await notify.apply(story.issued(), story.ready())
    assert await states(notify, story) == []


async def test_invoice_without_a_contact_of_its_own_goes_to_the_buyer(notify: Notifying) -> None:
    buyer = {"name": "杭州青禾软件有限公司", "tax_id": "", "email": "buyer@example.cn"}
    story = Story(notify.tenant, email="", changes={"buyer": buyer})
    await notify.apply(story.issued())
    [item] = (await notify.get("/v1/messages"))["items"]
    assert (item["to"], item["requested_by"]) == ("buyer@example.cn", "invoice")


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: x@example.cn", "王@example.cn", "a b@example.cn"])
async def test_invoice_with_an_address_that_is_none_fails_visibly(notify: Notifying, address: str) -> None:
    story = Story(notify.tenant, email=address)
    await notify.apply(story.issued(), story.ready())
    [item] = (await notify.get("/v1/messages", state="failed"))["items"]
    assert item["last_error"] == "not an e-mail address"
    events = await notify.fetch("select type, payload from outbox")
    assert [row["type"] for row in events] == ["notify.delivery_failed.v1"]


@pytest.mark.parametrize(
    ("ready", "asked", "state"),
    [
        ((), ["ofd"], "waiting"),
        (("pdf", "ofd"), ["ofd"], "pending"),
        (("pdf",), ["ofd", "pdf"], "pending"),
        (("ofd", "xml"), None, "waiting"),
    ],
)
async def test_post_delivery_of_chosen_formats_waits_until_one_is_there(
    notify: Notifying, ready: tuple[str, ...], asked: list[str] | None, state: str
) -> None:
    story = Story(notify.tenant, changes={"buyer": {"name": "x", "tax_id": "", "email": "ap@example.cn"}})
    await notify.apply(story.issued())
    if ready:
        await notify.apply(story.ready_together(dict.fromkeys(ready, (NOWHERE, PDF))))
    answer = await post(notify, story, EMAIL | {"formats": asked})
    assert answer.status_code == 202, answer.text
    [item] = answer.json()["items"]
    assert (item["formats"], item["attached"], item["state"]) == (asked, None, state)


async def test_post_delivery_of_a_format_that_is_not_there_is_refused(notify: Notifying) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready())
    answer = await post(notify, story, EMAIL | {"formats": ["ofd", "xml"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "documents-missing")
    assert await states(notify, story) == ["pending"]


async def test_post_delivery_to_a_given_contact(notify: Notifying) -> None:
    story = Story(notify.tenant)
    await notify.apply(story.issued(), story.ready())
    answer = await post(notify, story, EMAIL | {"to": {"email": "cfo@example.cn"}})
    assert answer.status_code == 202
    [item] = answer.json()["items"]
    assert (item["to"], item["state"], item["number"]) == ("cfo@example.cn", "pending", story.number)
    assert item["requested_by"].startswith("api_key:")
    assert await notify.get(f"/v1/messages/{item['id']}") == item


async def test_post_delivery_without_a_contact_uses_the_stored_one(notify: Notifying) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued())
    assert (await post(notify, story)).json()["items"][0]["to"] == "ap@example.cn"
    assert await states(notify, story) == ["waiting", "waiting"]


async def test_post_delivery_without_any_contact_is_refused(notify: Notifying) -> None:
    story = Story(notify.tenant)
    await notify.apply(story.issued())
    answer = await post(notify, story)
    assert (answer.status_code, answer.json()["code"]) == (422, "contact-missing")
    assert answer.json()["errors"][0]["pointer"] == "/to/email"


async def test_post_delivery_of_an_unknown_invoice_is_not_found(notify: Notifying) -> None:
    story, foreign = Story(notify.tenant), Story(TenantId(new_id()), email="ap@example.cn")
    await notify.apply(foreign.issued(), story.ready())
    for unknown in (Story(notify.tenant), foreign, story):
        assert (await post(notify, unknown)).status_code == 404
        assert (await notify.client.get(f"/v1/invoices/{unknown.id}/deliveries")).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/channels"),
        ({"channels": []}, "/channels"),
        ({"channels": ["fax"]}, "/channels/0"),
        ({"channels": ["email", "email"]}, "/channels"),
        (EMAIL | {"to": {"email": "nobody"}}, "/to/email"),
        (EMAIL | {"to": {"email": "a@example.cn\r\nBcc: b@example.cn"}}, "/to/email"),
        (EMAIL | {"to": {"email": "a@example.cn\u0000"}}, "/to/email"),
        (EMAIL | {"to": {"fax": "1"}}, "/to/fax"),
        (EMAIL | {"cc": "x"}, "/cc"),
        (EMAIL | {"formats": []}, "/formats"),
        (EMAIL | {"formats": ["docx"]}, "/formats/0"),
        (EMAIL | {"formats": "pdf"}, "/formats"),
    ],
)
async def test_post_delivery_with_a_bad_field_names_it(notify: Notifying, body: Any, pointer: str) -> None:
    answer = await post(notify, Story(notify.tenant), body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_post_delivery_twice_under_one_key_sends_once(notify: Notifying) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready())
    answers = [await post(notify, story, **{"idempotency-key": "k1"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert await states(notify, story) == ["pending", "pending"]


async def test_post_delivery_without_the_scope_is_forbidden(notify: Notifying) -> None:
    async with await notify.make_client(notify.tenant, "notify:read") as reader:
        answer = await reader.post(f"/v1/invoices/{new_id()}/deliveries", json=EMAIL)
    assert answer.status_code == 403


async def test_messages_are_found_by_invoice_and_state_page_by_page(notify: Notifying) -> None:
    stories = [Story(notify.tenant, email=f"ap{n}@example.cn") for n in range(7)]
    await notify.apply(*(story.issued() for story in stories), stories[3].ready())
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await notify.get("/v1/messages", limit=3, state="waiting", **cursor)
        found += [item["to"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(found) == [f"ap{n}@example.cn" for n in (0, 1, 2, 4, 5, 6)]
    [item] = (await notify.get("/v1/messages", invoice_id=stories[3].id))["items"]
    assert item["state"] == "pending"


async def test_message_of_another_tenant_is_not_found(notify: Notifying) -> None:
    await notify.apply(Story(notify.tenant, email="ap@example.cn").issued())
    message = (await notify.get("/v1/messages"))["items"][0]["id"]
    async with await notify.make_client(TenantId(new_id())) as stranger:
        assert (await stranger.get("/v1/messages")).json()["items"] == []
        assert (await stranger.get(f"/v1/messages/{message}")).status_code == 404


async def test_message_that_is_unchanged_is_not_sent_again(notify: Notifying) -> None:
    await notify.apply(Story(notify.tenant, email="ap@example.cn").issued())
    message = (await notify.get("/v1/messages"))["items"][0]["id"]
    etag = (await notify.client.get(f"/v1/messages/{message}")).headers["etag"]
    answer = await notify.client.get(f"/v1/messages/{message}", headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("query", ["state=lost", "invoice_id=7", "limit=999", "cursor=WzFd", "to=x"])
async def test_messages_with_a_bad_parameter_are_refused(notify: Notifying, query: str) -> None:
    assert (await notify.client.get(f"/v1/messages?{query}")).status_code == 422
