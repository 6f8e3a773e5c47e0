"""Who is told, and how, that a connection with the tax bureau has closed or is back."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.auth import UserChanged
from libs.common.contracts.invoice import (
    InvoiceConnectorChanged,
    InvoiceExportCheckFailed,
    InvoiceExportFailed,
    InvoiceExportFinished,
)
from libs.common.db import transaction
from libs.common.dead_letters import Record
from libs.common.ids import new_id
from services.notify.notice_sender import NoticeSender
from services.notify.smtp import Connection, ServerUnreachable
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import Notifying, notifying
from tests.helpers.records import as_record
from tests.integration.test_notify_sender import FROM, Mailbox

TAXPAYER = new_id()


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
async def sender(notify: Notifying, mailbox: Mailbox) -> AsyncIterator[NoticeSender]:
    made = NoticeSender(notify.pool, Connection("127.0.0.1", mailbox.smtp_port, sender=FROM), sender=FROM)
    yield made
    await made.close()


def user(notify: Notifying, name: str, *roles: str, **changes: Any) -> Record:
    values: dict[str, Any] = {"email": f"{name}@example.cn", "is_active": True, **changes}
    payload = UserChanged(username=name, display_name=name, roles=roles, **values)
    return as_record(payload, tenant=notify.tenant, subject=new_id())


def change(notify: Notifying, state: str, sequence: int, *, taxpayer: UUID = TAXPAYER) -> Record:
    payload = InvoiceConnectorChanged(
        seller_name="武汉晴川数码科技有限公司",
        seller_tax_id="91420100MA4K00002Y",
        state=state,
        previous_state="ok" if state != "ok" else "login_needed",
        last_error=None,
        since=utc_now(),
    )
    return as_record(payload, tenant=notify.tenant, subject=taxpayer, sequence=sequence)


async def subjects(mailbox: Mailbox, name: str) -> list[str]:
    return [mail["subject"].removeprefix("【电子发票】") for mail in mailbox.list_mails(f"{name}@example.cn")]


async def make_due(notify: Notifying) -> None:
    async with transaction(notify.pool) as tx:
        await tx.execute("update notices set next_attempt_at = now() where state = 'pending'")


async def test_login_needed_is_told_to_those_who_can_act_and_its_end_too(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    await notify.apply(
        user(notify, "owner", "owner"),
        user(notify, "issuer", "issuer"),
        user(notify, "viewer", "viewer"),
        user(notify, "gone", "owner", is_active=False),
        user(notify, "unbound", "issuer", email=None),
    )
    closed = change(notify, "login_needed", 1)
    await notify.apply(closed)
    await notify.apply(closed)
    await sender.step()
    await sender.step()
    for name in ("owner", "issuer"):
        (mail,) = mailbox.list_mails(f"{name}@example.cn")
        assert mail["subject"] == "【电子发票】请登录电子税务局"
        assert "请开票员登录电子税务局" in mail["text"]
        assert "Sign in there" in mail["text"]
    await notify.apply(change(notify, "ok", 2))
    await sender.step()
    assert await subjects(mailbox, "owner") == ["请登录电子税务局", "与电子税务局的连接已恢复"]
    for name in ("viewer", "gone", "unbound"):
        assert await subjects(mailbox, name) == []
    items = (await notify.get("/v1/inbox"))["items"]
    assert [item["kind"] for item in items] == ["connector_restored", "connector_login_needed"]
    assert (items[0]["invoice_id"], items[0]["number"], items[0]["reference"]) == (None, None, "")
    assert "武汉晴川数码科技有限公司" in items[1]["text_zh"]
    assert (await notify.get("/v1/inbox/unread-count"))["unread"] == 2


async def test_outage_that_is_soon_over_is_no_matter_for_a_mail(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    await notify.apply(user(notify, "owner", "owner"))
    await notify.apply(change(notify, "down", 1))
    await sender.step()
    await notify.apply(change(notify, "ok", 2))
    await make_due(notify)
    await sender.step()
    assert await subjects(mailbox, "owner") == []
    assert len((await notify.get("/v1/inbox"))["items"]) == 2


async def test_outage_that_lasts_is_mailed_once_for_each_taxpayer(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    other = new_id()
    await notify.apply(user(notify, "owner", "owner"))
    await notify.apply(change(notify, "down", 1), change(notify, "down", 1, taxpayer=other))
    await make_due(notify)
    await sender.step()
    await notify.apply(change(notify, "ok", 2))
    await sender.step()
    assert await subjects(mailbox, "owner") == ["电子税务局暂时无应答"] * 2 + ["与电子税务局的连接已恢复"]


async def test_address_that_was_unbound_meanwhile_is_not_written_to(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    known = new_id()
    for sequence, email in enumerate(("before@example.cn", None), start=1):
        payload = UserChanged(username="o", display_name="o", roles=("owner",), is_active=True, email=email)
        await notify.apply(as_record(payload, tenant=notify.tenant, subject=known, sequence=sequence))
        if sequence == 1:
            await notify.apply(change(notify, "login_needed", 1))
    await sender.step()
    assert await subjects(mailbox, "before") == []
    async with transaction(notify.pool) as tx:
        assert await tx.fetchval("select state from notices") == "withdrawn"


async def test_notice_waits_for_a_mail_server_that_is_away(notify: Notifying, mailbox: Mailbox) -> None:
    await notify.apply(user(notify, "owner", "owner"))
    await notify.apply(change(notify, "login_needed", 1))
    nowhere = NoticeSender(notify.pool, Connection("127.0.0.1", 9, sender=FROM), sender=FROM)
    with pytest.raises(ServerUnreachable):
        await nowhere.step()
    async with transaction(notify.pool) as tx:
        row = await tx.fetchrow("select state, attempts, next_attempt_at from notices")
    assert row is not None
    assert (row["state"], row["attempts"]) == ("pending", 0)
    assert row["next_attempt_at"] < utc_now() + timedelta(seconds=10)


async def test_refused_address_fails_for_good(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    await notify.apply(user(notify, "bounce", "owner"))
    await notify.apply(change(notify, "login_needed", 1))
    await sender.step()
    async with transaction(notify.pool) as tx:
        row = await tx.fetchrow("select state, last_error from notices")
    assert row is not None
    assert row["state"] == "failed"
    assert "bounce@example.cn" not in row["last_error"]


def ended(notify: Notifying, actor: str) -> list[Record]:
    """One export that is finished, one that failed, and a check that found something."""
    period: dict[str, Any] = {"first_day": "2026-10-01", "last_day": "2026-10-31", "schedule_id": None}
    payloads = (
        InvoiceExportFinished(
            total=12,
            missing=2,
            size=5,
            sha256="0" * 64,
            target="webdav",
            expires_at=utc_now(),
            actor=actor,
            **period,
        ),
        InvoiceExportFailed(
            reason_code="export-target-unavailable",
            reason="The target did not take the archive.",
            reason_zh="目标未接收归档文件。",
            target="webdav",
            actor=actor,
            **period,
        ),
        InvoiceExportCheckFailed(
            check_id=new_id(), findings=("archive-differs",), schedule_id=None, actor=actor
        ),
    )
    return [as_record(payload, tenant=notify.tenant, subject=new_id()) for payload in payloads]


async def test_exports_end_is_told_to_all_and_mailed_to_who_asked_for_it(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    asked, other = user(notify, "asked", "viewer"), user(notify, "other", "owner")
    await notify.apply(asked, other)
    subject = UUID((asked.key or b"").decode())
    await notify.apply(*ended(notify, f"user:{subject}"))
    await sender.step()
    assert sorted(await subjects(mailbox, "asked")) == ["导出失败", "导出已完成", "留存的归档文件校验不通过"]
    assert await subjects(mailbox, "other") == []
    items = (await notify.get("/v1/inbox"))["items"]
    assert [item["kind"] for item in items] == ["export_check_failed", "export_failed", "export_finished"]
    assert "2026-10-01 至 2026-10-31 的导出已完成，共 12 张发票" in items[2]["text_zh"]
    assert "2 documents are missing" in items[2]["text"]
    assert "目标未接收归档文件" in items[1]["text_zh"]


async def test_export_ordered_by_a_key_is_mailed_to_nobody(
    notify: Notifying, mailbox: Mailbox, sender: NoticeSender
) -> None:
    await notify.apply(user(notify, "owner", "owner"))
    await notify.apply(*ended(notify, f"api_key:{new_id()}"))
    await sender.step()
    assert await subjects(mailbox, "owner") == []
    assert (await notify.get("/v1/inbox/unread-count"))["unread"] == 3
