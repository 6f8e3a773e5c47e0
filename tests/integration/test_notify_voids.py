"""What a void does to mails: those who have the invoice are told, and nothing more is sent of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.invoice_corrections import (
    InvoiceVoidRefused,
)
from libs.common.contracts.render import StoredObject
from libs.common.db import transaction
from libs.common.object_store import ObjectStore
from services.notify.commands.delivery import record_sent, register_voided
from services.notify.sender import Sender
from services.notify.store.delivery import claim_deliveries
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import Notifying, Story, notifying, store_pdf
from tests.helpers.records import as_record
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server
from tests.integration.test_notify_sender import Mailbox, make_sender


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    program = Mailbox(tmp_path)
    program.start()
    yield program
    program.stop()


@pytest.fixture
async def notify(database: MakeDatabase) -> AsyncIterator[Notifying]:
    async with notifying(await database("notify")) as running:
        yield running


@pytest.fixture
def documents(s3_server: Server) -> Iterator[ObjectStore]:
    store = ObjectStore(s3_server.url, ACCESS_KEY, PASSWORD)
    yield store
    store.close()


@pytest.fixture
async def pdf(documents: ObjectStore) -> StoredObject:
    return await store_pdf(documents)


@pytest.fixture
async def sender(notify: Notifying, documents: ObjectStore, mailbox: Mailbox) -> AsyncIterator[Sender]:
    made = make_sender(notify, documents, mailbox.smtp_port)
    yield made
    await made.close()


async def deliveries_of(notify: Notifying, story: Story) -> list[tuple[str, str, str]]:
    """Oldest first: about, state, to."""
    items = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]
    return [(item["about"], item["state"], item["to"]) for item in reversed(items)]


async def inbox_of(notify: Notifying) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await notify.get("/v1/inbox"))["items"]
    return items


async def test_void_of_a_sent_invoice_is_mailed_to_those_who_have_it(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready(pdf))
    await sender.step()
    await notify.apply(story.voided("开错抬头"))
    await sender.step()
    await notify.apply(story.voided("开错抬头"))
    await sender.step()
    assert await deliveries_of(notify, story) == [
        ("invoice", "sent", "ap@example.cn"),
        ("void", "sent", "ap@example.cn"),
    ]
    first, second = mailbox.list_mails("ap@example.cn")
    told = first if "已作废" in first["subject"] else second
    assert story.number in told["subject"]
    assert "请勿再用于报销" in told["text"]
    assert "has been voided" in told["text"]
    assert told["attachments"] == []
    message = (await inbox_of(notify))[0]
    assert (message["kind"], message["title_zh"]) == ("invoice_voided", "发票已作废")
    assert "开错抬头" in message["text_zh"]
    types = [event["type"] for event in (await notify.get("/v1/events"))["items"]]
    assert types.count("invoice.voided.v1") == 1


async def test_void_of_an_invoice_that_nobody_has_sends_nothing(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued())
    assert await deliveries_of(notify, story) == [("invoice", "waiting", "ap@example.cn")]
    await notify.apply(story.voided(), story.ready(pdf))
    await sender.step()
    assert await deliveries_of(notify, story) == [("invoice", "failed", "ap@example.cn")]
    item = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"][0]
    assert item["last_error"] == "the invoice was voided before it was sent"
    assert mailbox.list_mails("ap@example.cn") == []
    assert [message["kind"] for message in await inbox_of(notify)] == ["invoice_voided", "invoice_issued"]


async def test_void_while_the_mail_is_on_its_way_is_told_after_it(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready(pdf))
    async with transaction(notify.pool) as tx:
        [claimed] = await claim_deliveries(tx, now=utc_now(), lease=timedelta(seconds=30), limit=1)
    await notify.apply(story.voided())
    assert await deliveries_of(notify, story) == [("invoice", "pending", "ap@example.cn")]
    async with transaction(notify.pool) as tx:
        await record_sent(tx, claimed, "<the server took it>", ["pdf"], now=utc_now())
    await sender.step()
    assert [entry[:2] for entry in await deliveries_of(notify, story)] == [
        ("invoice", "sent"),
        ("void", "sent"),
    ]
    [told] = mailbox.list_mails("ap@example.cn")
    assert "已作废" in told["subject"]


async def test_void_is_told_once_to_an_address_that_got_the_invoice_twice(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready(pdf))
    await sender.step()
    again = await notify.client.post(f"/v1/invoices/{story.id}/deliveries", json={"channels": ["email"]})
    assert again.status_code == 202, again.text
    async with transaction(notify.pool) as tx:
        [claimed] = await claim_deliveries(tx, now=utc_now(), lease=timedelta(seconds=30), limit=1)
    await notify.apply(story.voided())
    async with transaction(notify.pool) as tx:
        await record_sent(tx, claimed, "<the server took it>", ["pdf"], now=utc_now())
    await sender.step()
    abouts = [about for about, *_ in await deliveries_of(notify, story)]
    assert sorted(abouts) == ["invoice", "invoice", "void"]


async def test_void_that_commits_while_a_mail_is_recorded_is_seen_by_it(
    notify: Notifying, pdf: StoredObject
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(story.issued(), story.ready(pdf))
    async with transaction(notify.pool) as tx:
        [claimed] = await claim_deliveries(tx, now=utc_now(), lease=timedelta(seconds=30), limit=1)

    async def record() -> None:
        async with transaction(notify.pool) as tx:
            await record_sent(tx, claimed, "<the server took it>", ["pdf"], now=utc_now())

    async with transaction(notify.pool) as tx:
        await register_voided(tx, [claimed.as_voided(utc_now())], [], now=utc_now())
        recording = asyncio.create_task(record())
        _, waiting = await asyncio.wait([recording], timeout=0.3)
        assert waiting, "it waits for the void"
    await recording
    assert [entry[:2] for entry in await deliveries_of(notify, story)] == [
        ("invoice", "sent"),
        ("void", "pending"),
    ]


async def test_void_refused_is_told_in_the_inbox(notify: Notifying) -> None:
    story = Story(notify.tenant)
    refused = InvoiceVoidRefused(
        number=story.number,
        reference="SO-1",
        code=None,
        reason_code="void-used",
        reason="The buyer has used or booked the invoice",
        reason_zh="购买方已用途确认或入账",
    )
    await notify.apply(story.issued(), as_record(refused, tenant=notify.tenant, subject=story.id, sequence=2))
    message = (await inbox_of(notify))[0]
    assert message["kind"] == "invoice_void_refused"
    assert "购买方已用途确认或入账" in message["text_zh"]
    assert "red invoice" in message["text"]
