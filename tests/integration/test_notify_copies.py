"""Copies that support asks for: to addresses that are bound to something, and the owners are told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.common.contracts.auth import UserChanged
from libs.common.contracts.support import CopyRequested
from libs.common.dead_letters import Record
from libs.common.ids import new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import NOWHERE, PDF, Notifying, Story, notifying
from tests.helpers.records import as_record

FORMATS = ("pdf", "ofd")


@pytest.fixture
async def notify(database: MakeDatabase) -> AsyncIterator[Notifying]:
    async with notifying(await database("notify")) as running:
        yield running


def user(notify: Notifying, email: str | None, *roles: str, is_active: bool = True) -> Record:
    changed = UserChanged(username="u", display_name="u", roles=roles, is_active=is_active, email=email)
    return as_record(changed, tenant=notify.tenant, subject=new_id())


def copy_of(story: Story, to: str) -> Record:
    request = CopyRequested(
        number=story.number,
        reference="SO-7",
        ticket_id=new_id(),
        ticket_number=7,
        to=to,
        formats=FORMATS,
        reason="买方遗失了文件。",
        actor="user:agent",
    )
    return as_record(request, tenant=story.tenant, subject=story.id)


async def prepare(notify: Notifying, email: str) -> Story:
    """An invoice with its documents, whose buyer has this address; two owners, one of whom can be written to."""
    buyer = {"name": "杭州青禾软件有限公司", "tax_id": "", "email": email}
    story = Story(notify.tenant, changes={"buyer": buyer})
    await notify.apply(
        story.issued(),
        story.ready_together(dict.fromkeys(FORMATS, (NOWHERE, PDF))),
        user(notify, "owner@example.cn", "owner"),
        user(notify, None, "owner"),
        user(notify, "gone@example.cn", "owner", is_active=False),
        user(notify, "viewer@example.cn", "viewer"),
    )
    return story


async def deliveries(notify: Notifying, story: Story) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await notify.get(f"/v1/invoices/{story.id}/deliveries"))["items"]
    return items


@pytest.mark.parametrize(("to", "recipient"), [("buyer", "ap@example.cn"), ("owners", "owner@example.cn")])
async def test_copy_goes_to_the_known_contact_and_the_owner_is_told(
    notify: Notifying, to: str, recipient: str
) -> None:
    story = await prepare(notify, "ap@example.cn")
    await notify.apply(copy_of(story, to))
    [delivery] = await deliveries(notify, story)
    assert (delivery["to"], delivery["state"], delivery["formats"]) == (recipient, "pending", list(FORMATS))
    assert delivery["requested_by"] == "user:agent"
    message = (await notify.get("/v1/inbox"))["items"][0]
    assert message["kind"] == "copy_requested"
    assert "工单 #7" in message["text_zh"]
    assert f"{recipient[0]}***@example.cn" in message["text_zh"]
    notices = await notify.fetch(
        "select u.email from notices n join users u on u.tenant_id = n.tenant_id and u.id = n.user_id"
    )
    assert [row["email"] for row in notices] == ["owner@example.cn"]


async def test_copy_without_any_contact_fails_visibly(notify: Notifying) -> None:
    story = await prepare(notify, "")
    await notify.apply(copy_of(story, "buyer"))
    [delivery] = await deliveries(notify, story)
    assert (delivery["state"], delivery["last_error"]) == ("failed", "no address is known")
    events = await notify.fetch("select type from outbox")
    assert [row["type"] for row in events] == ["notify.delivery_failed.v1"]


async def test_copy_asked_for_before_the_invoice_came_is_put_aside_to_be_replayed(notify: Notifying) -> None:
    story = Story(notify.tenant, email="ap@example.cn")
    await notify.apply(copy_of(story, "buyer"))
    [letter] = await notify.fetch("select reason, error from dead_letters")
    assert letter["reason"] == "failed"
    assert "No issued invoice" in letter["error"]
