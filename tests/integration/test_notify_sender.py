"""The sender against a real mailbox and a real archive, on good and bad days."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.clock import utc_now
from libs.common.contracts.render import StoredObject
from libs.common.db import transaction
from libs.common.object_store import ObjectStore, StoreUnavailable
from services.notify.mail import message_id
from services.notify.sender import Sender
from services.notify.smtp import Connection, ServerUnreachable
from services.notify.store.delivery import claim_deliveries
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import PDF, Notifying, Story, notifying, store_pdf, store_together
from tests.helpers.sandbox_programs import SandboxProgram, find_free_port
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server

FROM = "invoice@openfapiao.example"


class Mailbox(SandboxProgram):
    """With an SMTP port."""

    def __init__(self, data_dir: Path) -> None:
        self.smtp_port = find_free_port()
        super().__init__("mailbox", data_dir, OFP_SMTP_PORT=self.smtp_port, OFP_MAILBOX_SLOW_MILLIS=200)

    def list_mails(self, to: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"/messages?to={to}&limit=200")[1]["items"]
        return items


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
    """In the middle of an object."""
    return await store_pdf(documents, before=b"another document")


def make_sender(notify: Notifying, documents: ObjectStore, smtp_port: int, connections: int = 2) -> Sender:
    lanes = [Connection("127.0.0.1", smtp_port, sender=FROM) for _ in range(connections)]
    return Sender(notify.pool, documents, lanes, sender=FROM)


@pytest.fixture
async def sender(notify: Notifying, documents: ObjectStore, mailbox: Mailbox) -> AsyncIterator[Sender]:
    made = make_sender(notify, documents, mailbox.smtp_port)
    yield made
    await made.close()


async def tell(notify: Notifying, pdf: StoredObject, *emails: str) -> list[Story]:
    """Invoices that are issued and drawn."""
    stories = [Story(notify.tenant, email=email) for email in emails]
    await notify.apply(*(story.issued() for story in stories), *(story.ready(pdf) for story in stories))
    return stories


async def get_message(notify: Notifying) -> dict[str, Any]:
    [item] = (await notify.get("/v1/messages"))["items"]
    return item


async def published(notify: Notifying) -> list[tuple[str, dict[str, Any]]]:
    rows = await notify.fetch("select type, payload from outbox order by position")
    return [(row["type"], msgspec.json.decode(row["payload"])) for row in rows]


CONTENTS = {"ofd": b"PK\x03\x04 ofd " * 5000, "pdf": PDF, "xml": b"<EInvoice/>" * 300}


async def test_due_delivery_brings_pdf_ofd_and_xml(
    notify: Notifying, sender: Sender, mailbox: Mailbox, documents: ObjectStore
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    stored = await store_together(documents, CONTENTS)
    await notify.apply(story.issued(), story.ready_together(stored))
    await sender.step()
    [mail] = mailbox.list_mails("ap@example.cn")
    assert [(each["name"].rpartition(".")[2], each["sha256"]) for each in mail["attachments"]] == [
        (name, hashlib.sha256(CONTENTS[name]).hexdigest()) for name in ("pdf", "ofd", "xml")
    ]
    assert "PDF、OFD、XML 文件见附件" in mail["text"]
    [delivery] = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]
    assert (delivery["formats"], delivery["attached"]) == (None, ["pdf", "ofd", "xml"])
    [event] = await notify.fetch("select payload from outbox where type = 'notify.delivery_sent.v1'")
    assert msgspec.json.decode(event["payload"])["formats"] == ["pdf", "ofd", "xml"]


async def test_document_too_large_for_the_mail_is_left_out_and_named(
    notify: Notifying, mailbox: Mailbox, documents: ObjectStore
) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    stored = await store_together(documents, CONTENTS)
    await notify.apply(story.issued(), story.ready_together(stored))
    lane = Connection("127.0.0.1", mailbox.smtp_port, sender=FROM)
    small = Sender(notify.pool, documents, [lane], sender=FROM, most_bytes=len(PDF) + 10_000)
    await small.step()
    await small.close()
    [mail] = mailbox.list_mails("ap@example.cn")
    assert [each["name"].rpartition(".")[2] for each in mail["attachments"]] == ["pdf", "xml"]
    assert "OFD 文件过大，未随信附上" in mail["text"]


async def test_delivery_of_one_format_brings_no_other(
    notify: Notifying, sender: Sender, mailbox: Mailbox, documents: ObjectStore
) -> None:
    story = Story(notify.tenant, changes={"buyer": {"name": "x", "tax_id": "", "email": "ap@example.cn"}})
    stored = await store_together(documents, CONTENTS)
    await notify.apply(story.issued(), story.ready_together(stored))
    body = {"channels": ["email"], "formats": ["xml"]}
    answer = await notify.client.post(f"/v1/invoices/{story.id}/deliveries", json=body)
    assert answer.status_code == 202, answer.text
    await sender.step()
    [mail] = mailbox.list_mails("ap@example.cn")
    assert [each["sha256"] for each in mail["attachments"]] == [hashlib.sha256(CONTENTS["xml"]).hexdigest()]
    [event] = await notify.fetch("select payload from outbox where type = 'notify.delivery_sent.v1'")
    assert msgspec.json.decode(event["payload"])["requested_by"].startswith("api_key:")


async def test_due_delivery_is_mailed_once_with_its_pdf(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    [story] = await tell(notify, pdf, "ap@example.cn")
    for _ in range(3):
        await sender.step()
    [mail] = mailbox.list_mails("ap@example.cn")
    assert mail["attachments"] == [
        {
            "name": f"dzfp_{story.number}_武汉晴川数码科技有限公司_20261124144007.pdf",
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "size": len(PDF),
        }
    ]
    assert story.number in mail["subject"]
    item = await get_message(notify)
    assert (item["state"], item["attempts"], item["message_id"]) == ("sent", 1, mail["message_id"])
    [(event_type, payload)] = await published(notify)
    assert event_type == "notify.delivery_sent.v1"
    assert (payload["masked_to"], payload["delivery_id"]) == ("a***@example.cn", item["id"])


async def test_hundred_deliveries_and_two_senders_mail_each_once(
    notify: Notifying, documents: ObjectStore, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, *(f"ap{n}@example.cn" for n in range(100)))
    senders = [make_sender(notify, documents, mailbox.smtp_port, connections=3) for _ in range(2)]

    async def run(sender: Sender) -> None:
        while await sender.step():
            pass

    await asyncio.gather(*(run(sender) for sender in senders))
    await asyncio.gather(*(sender.step() for sender in senders))
    assert [len(mailbox.list_mails(f"ap{n}@example.cn")) for n in range(100)] == [1] * 100
    assert len(await published(notify)) == 100
    for sender in senders:
        await sender.close()


async def test_deliveries_claimed_by_one_worker_are_not_claimed_by_another(
    notify: Notifying, pdf: StoredObject
) -> None:
    await tell(notify, pdf, *(f"ap{n}@example.cn" for n in range(6)))
    now, lease = utc_now(), timedelta(seconds=20)
    async with transaction(notify.pool) as first, transaction(notify.pool) as second:
        claims = [await claim_deliveries(tx, now=now, lease=lease, limit=4) for tx in (first, second)]
    assert [len(claim) for claim in claims] == [4, 2]
    assert len({delivery.id for claim in claims for delivery in claim}) == 6


async def test_refused_recipient_fails_for_good_and_the_tenant_is_told(
    notify: Notifying, sender: Sender, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "bounce@example.cn", "ap@example.cn")
    await sender.step()
    items = (await notify.get("/v1/messages"))["items"]
    assert {item["to"]: item["state"] for item in items} == {
        "bounce@example.cn": "failed",
        "ap@example.cn": "sent",
    }
    failed = next(payload for kind, payload in await published(notify) if kind == "notify.delivery_failed.v1")
    assert failed["reason"].startswith("550 ")
    await notify.make_due()
    assert not await sender.step()
    assert len(await published(notify)) == 2


async def test_temporary_refusal_is_tried_again_after_a_while(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "greylist@example.cn")
    await sender.step()
    item = await get_message(notify)
    assert (item["state"], item["attempts"]) == ("pending", 1)
    assert item["last_error"].startswith("451 ")
    assert item["next_attempt_at"] > item["updated_at"]
    await sender.step()
    assert mailbox.list_mails("greylist@example.cn") == []
    await notify.make_due()
    await sender.step()
    assert len(mailbox.list_mails("greylist@example.cn")) == 1
    assert (await get_message(notify))["state"] == "sent"


async def test_lost_answer_is_repeated_under_the_same_message_id(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "vanish@example.cn")
    await sender.step()
    assert (await get_message(notify))["state"] == "pending"
    await notify.make_due()
    await sender.step()
    first, second = mailbox.list_mails("vanish@example.cn")
    assert first["message_id"] == second["message_id"]
    assert [kind for kind, _ in await published(notify)] == ["notify.delivery_sent.v1"]


async def test_eight_temporary_refusals_over_a_day_are_enough(
    notify: Notifying, sender: Sender, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "greylist@example.cn")
    await notify.fetch("update deliveries set attempts = 8")
    await sender.step()
    assert (await get_message(notify))["state"] == "failed"
    assert [kind for kind, _ in await published(notify)] == ["notify.delivery_failed.v1"]


async def test_delivery_whose_attempts_never_ended_is_given_up_unsent(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "ap@example.cn")
    await notify.fetch("update deliveries set attempts = 9")
    await sender.step()
    assert (await get_message(notify))["state"] == "failed"
    assert mailbox.list_mails("ap@example.cn") == []


async def test_mail_server_away_costs_no_attempt_and_mail_flows_after_its_return(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, *(f"ap{n}@example.cn" for n in range(5)))
    mailbox.kill()
    with pytest.raises(ServerUnreachable):
        await sender.step()
    items = (await notify.get("/v1/messages"))["items"]
    assert {(item["state"], item["attempts"]) for item in items} == {("pending", 0)}
    mailbox.start()
    await notify.make_due()
    await sender.step()
    assert [len(mailbox.list_mails(f"ap{n}@example.cn")) for n in range(5)] == [1] * 5


async def test_connection_that_the_server_closed_is_replaced(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    await tell(notify, pdf, "ap@example.cn")
    await sender.step()
    mailbox.stop()
    mailbox.start()
    await tell(notify, pdf, "ap@example.cn")
    await sender.step()
    assert len(mailbox.list_mails("ap@example.cn")) == 2


async def test_archive_away_costs_no_attempt(notify: Notifying, mailbox: Mailbox, pdf: StoredObject) -> None:
    await tell(notify, pdf, "ap@example.cn")
    away = ObjectStore(f"http://127.0.0.1:{find_free_port()}", ACCESS_KEY, PASSWORD)
    sender = make_sender(notify, away, mailbox.smtp_port)
    with pytest.raises(StoreUnavailable):
        await sender.step()
    away.close()
    item = await get_message(notify)
    assert (item["state"], item["attempts"]) == ("pending", 0)
    assert mailbox.list_mails("ap@example.cn") == []


@pytest.mark.parametrize(
    "change", [{"offset": 0}, {"key": "lost"}, {"version_id": "0" * 32}, {"offset": 10**9}], ids=str
)
async def test_damaged_or_lost_pdf_is_not_mailed_and_holds_up_nobody(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject, change: dict[str, Any]
) -> None:
    damaged = msgspec.structs.replace(pdf, **change)
    await tell(notify, damaged, "ap@example.cn")
    await tell(notify, pdf, "cfo@example.cn")
    await sender.step()
    assert mailbox.list_mails("ap@example.cn") == []
    assert len(mailbox.list_mails("cfo@example.cn")) == 1
    [item] = (await notify.get("/v1/messages", state="pending"))["items"]
    assert (item["to"], item["attempts"]) == ("ap@example.cn", 1)


async def test_claimed_delivery_is_left_alone_until_its_lease_ends(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    """As after a kill between the server's answer and the commit: the repeat has the same Message-ID."""
    await tell(notify, pdf, "ap@example.cn")
    await sender.step()
    undone = (
        "update deliveries set state = 'pending', sent_at = null, next_attempt_at = now() + interval '20 s'"
    )
    await notify.fetch(undone)
    await sender.step()
    assert len(mailbox.list_mails("ap@example.cn")) == 1
    await notify.make_due()
    await sender.step()
    ids = {mail["message_id"] for mail in mailbox.list_mails("ap@example.cn")}
    assert ids == {message_id((await notify.fetch("select id from deliveries"))[0]["id"], FROM)}


async def test_mail_asked_for_again_is_another_mail(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    [story] = await tell(notify, pdf, "ap@example.cn")
    await sender.step()
    answer = await notify.client.post(f"/v1/invoices/{story.id}/deliveries", json={"channels": ["email"]})
    assert answer.status_code == 202
    await sender.step()
    ids = {mail["message_id"] for mail in mailbox.list_mails("ap@example.cn")}
    assert len(ids) == 2


async def test_hostile_names_reach_the_mailbox_as_text(
    notify: Notifying, sender: Sender, mailbox: Mailbox, pdf: StoredObject
) -> None:
    seller = {"name": "<b>甲</b>\r\nBcc: victim@example.cn", "tax_id": "91420100MA4K00001E"}
    story = replace(Story(notify.tenant, email="ap@example.cn"), changes={"seller": seller})
    await notify.apply(story.issued(), story.ready(pdf))
    await sender.step()
    [mail] = mailbox.list_mails("ap@example.cn")
    assert "<b>甲</b> Bcc: victim@example.cn" in mail["subject"]
    assert "&lt;b&gt;甲&lt;/b&gt;" in mail["html"]
    assert "<b>甲" not in mail["html"]
    assert mailbox.list_mails("victim@example.cn") == []
