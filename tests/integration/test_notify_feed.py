"""The event feed: complete, gapless, in order, once, and nobody else's."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.consumer import Applier
from libs.common.contracts.auth import AccountLocked, ApiKeyChanged, SessionRevoked, UserChanged
from libs.common.contracts.invoice import InvoiceConfirmed
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from services.notify.main import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import Notifying, Story, notifying
from tests.helpers.records import as_record, make_record


@pytest.fixture
async def notify(database: MakeDatabase) -> AsyncIterator[Notifying]:
    async with notifying(await database("notify")) as running:
        yield running


def confirmations(tenant: TenantId, subject: UUID, sequences: range) -> list[Record]:
    payload = InvoiceConfirmed(number="26422000000000000001", reference="SO-1", confirmed_at=utc_now())
    return [as_record(payload, tenant=tenant, subject=subject, sequence=n) for n in sequences]


async def read_all(notify: Notifying, limit: int = 200) -> list[dict]:
    items, cursor = [], {}
    while True:
        page = await notify.get("/v1/events", limit=limit, **cursor)
        if not page["items"]:
            return items
        items += page["items"]
        cursor = {"after": page["next_cursor"]}


async def test_feed_without_events_gives_a_cursor_that_finds_the_first(notify: Notifying) -> None:
    empty = await notify.get("/v1/events")
    assert empty["items"] == []
    again = await notify.get("/v1/events", after=empty["next_cursor"])
    assert again["next_cursor"] == empty["next_cursor"]
    await notify.apply(*confirmations(notify.tenant, new_id(), range(1, 2)))
    assert len((await notify.get("/v1/events", after=empty["next_cursor"]))["items"]) == 1


async def test_feed_gives_every_event_as_a_cloud_event_byte_for_byte(notify: Notifying) -> None:
    subject, value = new_id(), '{"b": 1,  "a": "青禾", "n": 1.10}'.encode()
    record = make_record("support.ticket_escalated.v7", value, tenant=notify.tenant, subject=subject)
    await notify.apply(record)
    answer = await notify.client.get("/v1/events")
    assert b'"data":' + value in answer.content
    [event] = answer.json()["items"]
    headers = {
        name.removeprefix("ce_"): text.decode() for name, text in record.headers if name.startswith("ce_")
    }
    assert {name: event[name] for name in headers} == headers
    assert event["sequence"] == "1"


async def test_feed_pages_hold_each_event_once_in_order(notify: Notifying) -> None:
    subjects = [new_id() for _ in range(3)]
    records = [r for s in subjects for r in confirmations(notify.tenant, s, range(1, 11))]
    for start in range(0, 30, 10):
        await notify.apply(*records[start : start + 10])
    events = await read_all(notify, limit=7)
    assert len({event["id"] for event in events}) == 30
    for subject in subjects:
        sequences = [e["sequence"] for e in events if e["subject"] == str(subject)]
        assert sequences == [str(n) for n in range(1, 11)]


async def test_feed_puts_causes_before_consequences_that_came_together(notify: Notifying) -> None:
    story = Story(notify.tenant)
    await notify.apply(story.ready(), story.issued())
    assert [e["type"] for e in await read_all(notify)] == ["invoice.issued.v1", "render.documents_ready.v1"]


async def test_feed_says_where_documents_lie_to_auditors_only(notify: Notifying) -> None:
    await notify.apply(Story(notify.tenant).ready())
    scopes = ("notify:read", "document:audit")
    async with await notify.make_client(notify.tenant, *scopes) as auditor:
        [seen] = (await auditor.get("/v1/events")).json()["items"]
    async with await notify.make_client(notify.tenant, "notify:read") as reader:
        [shown] = (await reader.get("/v1/events")).json()["items"]
    [document] = seen["data"]["documents"]
    assert document.pop("object")["bucket"] == "none"
    assert shown["data"]["documents"] == [document]


async def test_feed_shows_nothing_of_another_tenant(notify: Notifying) -> None:
    other = TenantId(new_id())
    await notify.apply(*confirmations(other, new_id(), range(1, 4)))
    assert await read_all(notify) == []
    async with await notify.make_client(other) as client:
        assert len((await client.get("/v1/events")).json()["items"]) == 3


async def test_feed_of_auth_leaves_out_secrets_sessions_and_names(notify: Notifying) -> None:
    now = utc_now()
    payloads = [
        ApiKeyChanged(secret_sha256="ab" * 32, scopes=("notify:read",), expires_at=None, revoked_at=None),
        UserChanged(username="wang.fang", display_name="王芳", roles=("issuer",), is_active=True),
        AccountLocked(username="wang.fang", locked_until=now),
        SessionRevoked(user_id=new_id(), reason="sign_out", expires_at=now),
    ]
    await notify.apply(*(as_record(p, tenant=notify.tenant, subject=new_id()) for p in payloads))
    unknown = make_record(
        "auth.secret_rotated.v1", b'{"secret": "x"}', tenant=notify.tenant, subject=new_id()
    )
    await notify.apply(unknown)
    shown = {event["type"]: event["data"] for event in await read_all(notify)}
    assert shown["auth.api_key_changed.v1"] == {
        "scopes": ["notify:read"],
        "expires_at": None,
        "revoked_at": None,
    }
    assert shown["auth.user_changed.v1"] == {"roles": ["issuer"], "is_active": True}
    assert set(shown["auth.account_locked.v1"]) == {"locked_until"}
    assert len(shown) == 3


@pytest.mark.parametrize("after", ["x", "WzFd!", "WyIxIl0", "Wy0xXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"])
async def test_feed_with_a_forged_cursor_is_refused(notify: Notifying, after: str) -> None:
    answer = await notify.client.get("/v1/events", params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "since=1"])
async def test_feed_with_a_bad_parameter_is_refused(notify: Notifying, query: str) -> None:
    assert (await notify.client.get(f"/v1/events?{query}")).status_code == 422


async def test_feed_without_the_scope_is_forbidden(notify: Notifying) -> None:
    async with await notify.make_client(notify.tenant, "invoice:read") as client:
        assert (await client.get("/v1/events")).status_code == 403


async def test_feed_read_while_two_workers_write_misses_nothing(notify: Notifying) -> None:
    """Positions are visible in their order: following the cursor finds every event that is there at the end."""
    others = [TenantId(new_id()) for _ in range(3)]

    async def work(worker: int) -> None:
        applier = Applier(notify.pool, HANDLERS)
        tenants = [*others[:worker], notify.tenant, *others[worker:]]
        for _ in range(25):
            tenants.reverse()
            await applier.apply([r for t in tenants for r in confirmations(t, new_id(), range(1, 4))])

    seen: list[str] = []

    async def follow(writers: "asyncio.Future[object]") -> None:
        cursor: dict[str, str] = {}
        while True:
            is_last = writers.done()
            page = await notify.get("/v1/events", limit=17, **cursor)
            seen.extend(event["id"] for event in page["items"])
            cursor = {"after": page["next_cursor"]}
            if is_last and not page["items"]:
                return

    writers = asyncio.gather(work(1), work(2), work(3))
    await follow(writers)
    await writers
    rows = await notify.fetch(
        "select id, position from feed_events where tenant_id = $1 order by position", notify.tenant
    )
    assert [row["position"] for row in rows] == list(range(1, 226))
    assert seen == [str(row["id"]) for row in rows]


TABLES = (
    "streams",
    "feed_events",
    "inbox_messages",
    "invoices",
    "deliveries",
    "outbox",
    "api_keys",
    "tenants",
)


async def hash_tables(notify: Notifying) -> dict[str, str]:
    hashes = {}
    for table in TABLES:
        rows = await notify.fetch(f"select t::text from {table} t order by 1")  # noqa: S608 - names above
        hashes[table] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    return hashes


async def test_replay_from_the_first_offset_changes_no_table(notify: Notifying) -> None:
    stories = [Story(notify.tenant, email=f"ap{n}@example.cn") for n in range(20)]
    log = [record for story in stories for record in (story.issued(), story.ready())]
    log += [r for story in stories for r in confirmations(notify.tenant, story.id, range(2, 4))]
    await notify.apply(*log)
    before = await hash_tables(notify)
    await notify.apply(*log)
    for record in log:
        await notify.apply(record)
    assert await hash_tables(notify) == before
    assert len(await read_all(notify)) == len(log)


@pytest.mark.parametrize(
    "value", [b'{"number": 1}', b'{"number":"\xff"}', b"{", None, b'{"a":"\xff"}'], ids=str
)
async def test_poison_record_is_put_aside_and_hurts_no_other(notify: Notifying, value: bytes | None) -> None:
    poisoned, sound = Story(notify.tenant), [Story(notify.tenant) for _ in range(5)]
    poison = make_record("invoice.issued.v1", value, tenant=notify.tenant, subject=poisoned.id)
    await notify.apply(sound[0].issued(), poison, *(story.issued() for story in sound[1:]))
    await notify.apply(*confirmations(notify.tenant, poisoned.id, range(2, 3)))
    assert {e["subject"] for e in await read_all(notify)} == {str(story.id) for story in sound}
    letters = await notify.fetch("select reason from dead_letters order by sequence")
    assert [row["reason"] for row in letters] == ["undecodable", "behind"]


async def test_event_that_no_column_can_hold_is_put_aside_alone(notify: Notifying) -> None:
    nul = {"name": "a\0b", "tax_id": "91420100MA4K00001E"}
    bad, good = Story(notify.tenant, changes={"seller": nul}), Story(notify.tenant)
    await notify.apply(good.issued(), bad.issued())
    assert [e["subject"] for e in await read_all(notify)] == [str(good.id)]
    assert [row["reason"] for row in await notify.fetch("select reason from dead_letters")] == ["failed"]
