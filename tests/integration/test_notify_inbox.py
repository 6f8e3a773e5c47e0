"""The inbox: what users are told, and what each of them has read."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.common.contracts.invoice import InvoiceRejected
from libs.common.contracts.notify import DeliveryFailed
from libs.common.contracts.render import DocumentFailed
from libs.common.ids import TenantId, new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import Notifying, Story, notifying
from tests.helpers.records import as_record


@pytest.fixture
async def notify(database: MakeDatabase) -> AsyncIterator[Notifying]:
    async with notifying(await database("notify")) as running:
        yield running


async def test_issued_invoice_is_told_in_two_languages(notify: Notifying) -> None:
    story = Story(notify.tenant)
    await notify.apply(story.issued())
    [message] = (await notify.get("/v1/inbox"))["items"]
    assert message | {"id": "", "created_at": ""} == {
        "id": "",
        "kind": "invoice_issued",
        "invoice_id": str(story.id),
        "number": story.number,
        "reference": f"SO-{story.id}",
        "title": "Invoice issued",
        "title_zh": "发票已开具",
        "text": f"Invoice {story.number} to 杭州青禾软件有限公司 over ¥1172.94 has been issued.",
        "text_zh": f"发票 {story.number} 已开具，购买方：杭州青禾软件有限公司，价税合计：¥1172.94。",
        "created_at": "",
        "is_read": False,
    }


async def test_failures_are_told_with_their_reason(notify: Notifying) -> None:
    invoice = new_id()
    known = {"number": None, "reference": "SO-7"}
    rejected = InvoiceRejected(
        **known, status="rejected", reason_code="R1", reason="no quota", reason_zh="额度不足"
    )
    failed = DocumentFailed(number="26", reference="SO-7", format="pdf", reason="no glyph", reason_zh="缺字")
    bounced = DeliveryFailed(
        **known, delivery_id=new_id(), channel="email", masked_to="a***@example.cn", reason="550 unknown"
    )
    for payload in (rejected, failed, bounced):
        await notify.apply(as_record(payload, tenant=notify.tenant, subject=invoice))
    items = (await notify.get("/v1/inbox"))["items"]
    assert [item["kind"] for item in items] == ["delivery_failed", "document_failed", "invoice_rejected"]
    assert [item["invoice_id"] for item in items] == [str(invoice)] * 3
    texts = "".join(item["text"] + item["text_zh"] for item in items)
    for word in ("no quota", "额度不足", "no glyph", "缺字", "a***@example.cn", "550 unknown", "SO-7"):
        assert word in texts


async def test_inbox_pages_hold_each_message_once_newest_first(notify: Notifying) -> None:
    stories = [Story(notify.tenant) for _ in range(9)]
    await notify.apply(*(story.issued() for story in stories))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await notify.get("/v1/inbox", limit=4, **cursor)
        found += [item["invoice_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [str(story.id) for story in reversed(stories)]


async def test_read_message_is_read_for_its_reader_alone(notify: Notifying) -> None:
    await notify.apply(*(Story(notify.tenant).issued() for _ in range(3)))
    message = (await notify.get("/v1/inbox"))["items"][1]["id"]
    for _ in range(2):
        answer = await notify.client.post(f"/v1/inbox/{message}/read")
        assert answer.json() == {"unread": 2}
    assert len((await notify.get("/v1/inbox", unread="true"))["items"]) == 2
    assert [i["id"] for i in (await notify.get("/v1/inbox", unread="false"))["items"]] == [message]
    async with await notify.make_client(notify.tenant) as colleague:
        assert (await colleague.get("/v1/inbox/unread-count")).json() == {"unread": 3}
        assert len((await colleague.get("/v1/inbox?unread=true")).json()["items"]) == 3


async def test_read_all_reads_what_is_there_and_nothing_later(notify: Notifying) -> None:
    await notify.apply(*(Story(notify.tenant).issued() for _ in range(3)))
    message = (await notify.get("/v1/inbox"))["items"][0]["id"]
    await notify.client.post(f"/v1/inbox/{message}/read")
    assert (await notify.client.post("/v1/inbox/read-all")).json() == {"unread": 0}
    assert (await notify.client.post(f"/v1/inbox/{message}/read")).json() == {"unread": 0}
    await notify.apply(Story(notify.tenant).issued())
    assert await notify.get("/v1/inbox/unread-count") == {"unread": 1}
    assert len((await notify.get("/v1/inbox", unread="true"))["items"]) == 1
    assert len((await notify.get("/v1/inbox", unread="false"))["items"]) == 3


async def test_reads_at_the_same_time_are_counted_once(notify: Notifying) -> None:
    await notify.apply(*(Story(notify.tenant).issued() for _ in range(8)))
    ids = [item["id"] for item in (await notify.get("/v1/inbox"))["items"]]
    paths = [f"/v1/inbox/{message}/read" for message in ids[:5] * 3] + ["/v1/inbox/read-all"] * 2
    answers = await asyncio.gather(*(notify.client.post(path) for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    assert await notify.get("/v1/inbox/unread-count") == {"unread": 0}
    assert (await notify.get("/v1/inbox", unread="true"))["items"] == []


async def test_empty_inbox_answers(notify: Notifying) -> None:
    assert (await notify.get("/v1/inbox"))["items"] == []
    assert await notify.get("/v1/inbox/unread-count") == {"unread": 0}
    assert (await notify.client.post("/v1/inbox/read-all")).json() == {"unread": 0}


async def test_message_of_another_tenant_is_not_found(notify: Notifying) -> None:
    await notify.apply(Story(notify.tenant).issued())
    message = (await notify.get("/v1/inbox"))["items"][0]["id"]
    async with await notify.make_client(TenantId(new_id())) as stranger:
        assert (await stranger.get("/v1/inbox")).json()["items"] == []
        answer = await stranger.post(f"/v1/inbox/{message}/read")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await notify.get("/v1/inbox/unread-count") == {"unread": 1}


@pytest.mark.parametrize("query", ["unread=maybe", "limit=0", "cursor=x", "cursor=WzFd!", "page=2"])
async def test_inbox_with_a_bad_parameter_is_refused(notify: Notifying, query: str) -> None:
    assert (await notify.client.get(f"/v1/inbox?{query}")).status_code == 422


async def test_read_of_no_uuid_is_refused(notify: Notifying) -> None:
    assert (await notify.client.post("/v1/inbox/7/read")).status_code == 422
