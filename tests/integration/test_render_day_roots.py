"""Days closed under one signed root a tenant: what is in it, when, once, and that proofs lead to it."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest

from clients.verify.canonical import encode
from clients.verify.envelope import DAY_ROOT, open_envelope, read_keys
from clients.verify.merkle import hash_leaf, root_from_path
from libs.common.ids import TenantId, new_id
from libs.common.pagination import encode_cursor
from services.render.day_sealer import DaySealer
from services.render.drawing import DRAWERS
from services.render.merkle import root_of, split
from services.render.seal import Sealer, read_key
from tests.conventions.source_files import ROOT
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.rendering import SEAL_KEY, Issued, issue
from tests.helpers.servers import Server

pytestmark = pytest.mark.s3

BOTH = {name: DRAWERS[name] for name in ("xml", "pdf")}
SEALER = Sealer(read_key(SEAL_KEY))
KEYS = read_keys({"keys": [SEALER.public_key.as_jwk()]})
# Ten minutes after the midnight with which 24 November ends in Shanghai.
CLOSING = datetime(2026, 11, 24, 16, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LOAD_EVENTS = (
    "select subject, sequence, payload from outbox where type = 'render.day_sealed.v1' order by sequence"
)


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


async def draw(client: Client, finished: datetime, *, count: int = 1, **changes: Any) -> list[Issued]:
    """Invoices whose documents became ready at that time."""
    tenant = changes.pop("tenant", client.tenant)
    issued = [issue(tenant, **changes) for _ in range(count)]
    await client.worker.consume(*issued, formats=tuple(BOTH))
    await client.worker.render(BOTH)
    await client.worker.fetch(
        "update documents set finished_at = $2 where invoice_id = any($1)",
        [one.id for one in issued],
        finished,
    )
    return issued


async def close_days(client: Client, now: datetime) -> int:
    """How many roots were made."""
    sealer, made = DaySealer(client.worker.pool, SEALER, now=lambda: now), 0
    while await sealer.step():
        made += 1
    return made


async def until_closed(client: Client) -> int:
    """Once the server has noticed that the killed process is gone."""
    for _ in range(1200):
        if made := await close_days(client, CLOSING):
            return made
        await asyncio.sleep(0.05)
    return 0


async def load_roots(client: Client) -> list[dict[str, Any]]:
    """The payloads of the tenant's roots, oldest first, their signatures checked."""
    items = (await client.get("/v1/document-roots")).json["items"]
    return [dict(open_envelope(item["seal"], DAY_ROOT, KEYS).content) for item in reversed(items)]


def check_proof(proof: dict[str, Any]) -> None:
    sealed = open_envelope(proof["root"]["seal"], DAY_ROOT, KEYS).content
    path = [bytes.fromhex(beside) for beside in proof["path"]]
    leaf = hash_leaf(encode(proof["leaf"]))
    found = root_from_path(leaf, proof["leaf_index"], sealed["documents"], path)
    assert found.hex() == sealed["root"] == proof["root"]["root"]


async def test_day_is_closed_ten_minutes_after_midnight_in_shanghai(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    assert await close_days(client, CLOSING - timedelta(seconds=1)) == 0
    assert await close_days(client, CLOSING) == 1
    [root] = await load_roots(client)
    assert (root["day"], root["documents"], root["previous"]) == ("2026-11-24", 2, None)
    assert root["tenant_id"] == str(client.tenant)


async def test_every_document_of_the_day_is_proven_and_no_other(client: Client) -> None:
    issued = await draw(client, CLOSING - timedelta(hours=1), count=3)
    [tomorrow] = await draw(client, CLOSING - timedelta(minutes=5))
    await close_days(client, CLOSING)
    indexes = []
    for one in issued:
        for name in BOTH:
            answer = await client.get(f"/v1/invoices/{one.id}/documents/{name}/proof")
            assert answer.status == 200
            check_proof(answer.json)
            document = (await client.get(f"/v1/invoices/{one.id}/documents/{name}")).content
            assert answer.json["leaf"]["sha256"] == sha256(document).hexdigest()
            indexes.append(answer.json["leaf_index"])
    assert sorted(indexes) == list(range(6))
    waiting = await client.get(f"/v1/invoices/{tomorrow.id}/documents/pdf/proof")
    assert (waiting.status, waiting.json["state"]) == (202, "pending")
    assert int(waiting.headers["retry-after"]) > 0


async def test_day_is_closed_once_whoever_tries_again(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    assert await close_days(client, CLOSING) == 1
    assert await close_days(client, CLOSING + timedelta(hours=5)) == 0
    events = await client.worker.fetch(LOAD_EVENTS)
    assert [event["subject"] for event in events] == [client.tenant]


async def test_event_carries_the_root_and_its_seal(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    await close_days(client, CLOSING)
    [event] = await client.worker.fetch(LOAD_EVENTS)
    payload = json.loads(event["payload"])
    [item] = (await client.get("/v1/document-roots")).json["items"]
    assert payload["seal"] == item["seal"]
    assert (payload["day"], payload["documents"], payload["root"]) == ("2026-11-24", 2, item["root"])


async def test_document_that_comes_late_falls_into_the_next_day(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    await close_days(client, CLOSING)
    [late] = await draw(client, CLOSING - timedelta(hours=2))
    assert await close_days(client, CLOSING + timedelta(hours=1)) == 0
    await draw(client, CLOSING + timedelta(hours=3))
    assert await close_days(client, CLOSING + DAY) == 1
    assert [root["documents"] for root in await load_roots(client)] == [2, 4]
    proof = (await client.get(f"/v1/invoices/{late.id}/documents/pdf/proof")).json
    assert proof["root"]["day"] == "2026-11-25"
    check_proof(proof)


async def test_days_that_were_missed_are_closed_in_order_and_chained(client: Client) -> None:
    for days in (4, 2, 1):
        await draw(client, CLOSING - days * DAY - timedelta(hours=1))
    assert await close_days(client, CLOSING) == 3
    roots = await load_roots(client)
    assert [root["day"] for root in roots] == ["2026-11-20", "2026-11-22", "2026-11-23"]
    assert roots[0]["previous"] is None
    for before, root in pairwise(roots):
        assert root["previous"] == sha256(encode(before)).hexdigest()


async def test_leaves_of_a_day_give_its_root(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1), count=3)
    await close_days(client, CLOSING)
    [root] = await load_roots(client)
    answer = await client.get("/v1/document-roots/2026-11-24/leaves")
    assert root_of(split(answer.content)).hex() == root["root"]
    assert len(answer.content) == 32 * root["documents"]
    for day, status in (("2026-11-23", 404), ("yesterday", 422)):
        assert (await client.get(f"/v1/document-roots/{day}/leaves")).status == status
    stranger = await grant_api_key(client.worker.pool, TenantId(new_id()))
    assert (await client.get("/v1/document-roots/2026-11-24/leaves", stranger)).status == 404


async def test_every_tenant_has_a_root_of_its_own_and_sees_no_other(client: Client) -> None:
    other = TenantId(new_id())
    await draw(client, CLOSING - timedelta(hours=1))
    [theirs] = await draw(client, CLOSING - timedelta(hours=1), tenant=other)
    assert await close_days(client, CLOSING) == 2
    secret = await grant_api_key(client.worker.pool, other)
    mine, items = await load_roots(client), (await client.get("/v1/document-roots", secret)).json["items"]
    assert (len(mine), len(items)) == (1, 1)
    assert mine[0]["root"] != items[0]["root"]
    assert (await client.get(f"/v1/invoices/{theirs.id}/documents/pdf/proof")).status == 404


async def test_second_process_leaves_the_work_to_the_first(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    async with client.worker.pool.acquire() as connection, connection.transaction():
        await connection.fetchval(
            "select pg_try_advisory_xact_lock(hashtextextended('render: seal days', 0))"
        )
        assert await close_days(client, CLOSING) == 0
    assert await close_days(client, CLOSING) == 1


async def test_day_is_closed_once_when_two_processes_try_at_the_same_time(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    sealers = [DaySealer(client.worker.pool, SEALER, now=lambda: CLOSING) for _ in range(2)]
    assert sorted(await asyncio.gather(*(sealer.step() for sealer in sealers))) == [False, True]
    assert len(await load_roots(client)) == 1


async def test_sealer_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it(client: Client) -> None:
    await draw(client, CLOSING - timedelta(hours=1))
    url, now = client.worker.settings.database_url, CLOSING.isoformat()
    command = [sys.executable, "-m", "tests.helpers.dying_sealer", url, now]
    for _ in range(2):
        died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False)
        assert died.returncode == -signal.SIGKILL
        assert await client.worker.fetch("select 1 from day_tiles") == []
        assert await client.worker.fetch("select 1 from documents where sealed_on is not null") == []
    assert await until_closed(client) == 1
    assert len(await client.worker.fetch(LOAD_EVENTS)) == 1


async def test_tenant_whose_day_cannot_be_sealed_does_not_hold_up_the_others(client: Client) -> None:
    class Picky(Sealer):
        def sign(self, payload_type: str, payload: bytes) -> bytes:
            if json.loads(payload)["tenant_id"] == str(first):
                raise LookupError
            return super().sign(payload_type, payload)

    first, second = sorted(TenantId(new_id()) for _ in range(2))
    for tenant in (first, second):
        await draw(client, CLOSING - timedelta(hours=1), tenant=tenant)
    sealer = DaySealer(client.worker.pool, Picky(read_key(SEAL_KEY)), now=lambda: CLOSING)
    for _ in range(2):
        with pytest.raises(LookupError):
            await sealer.step()
        while await sealer.step():
            pass
        rows = await client.worker.fetch("select tenant_id from day_roots")
        assert [row["tenant_id"] for row in rows] == [second]
    assert await close_days(client, CLOSING) == 1


async def test_roots_are_listed_by_day_page_by_page(client: Client) -> None:
    for days in (3, 2, 1):
        await draw(client, CLOSING - days * DAY - timedelta(hours=1))
    await close_days(client, CLOSING)
    first = (await client.get("/v1/document-roots?limit=2")).json
    second = (await client.get(f"/v1/document-roots?limit=2&cursor={first['next_cursor']}")).json
    listed = [date.fromisoformat(item["day"]) for item in first["items"] + second["items"]]
    assert listed == [date(2026, 11, day) for day in (23, 22, 21)]
    assert second["next_cursor"] is None
    assert (await client.get("/v1/document-roots?cursor=forged")).status == 422


async def test_keys_are_published_for_anyone_and_old_ones_stay(client: Client) -> None:
    old = Sealer(read_key("A" * 43))
    sealer = DaySealer(client.worker.pool, old, now=lambda: CLOSING)
    await sealer.step()
    answer = await client.get("/v1/document-keys", "")
    assert answer.status == 200
    kids = {key["kid"] for key in answer.json["keys"]}
    assert kids == {old.public_key.id, SEALER.public_key.id}


UNKNOWN = "01990000-0000-7000-8000-00000000dead"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/document-roots", 401),
        (f"/v1/invoices/{UNKNOWN}/documents/pdf/proof", 404),
        (f"/v1/invoices/{UNKNOWN}/documents/exe/proof", 404),
        (f"/v1/invoices/{UNKNOWN}/documents/pdf/proof?version=0", 422),
        ("/v1/document-roots?limit=0", 422),
        ("/v1/document-roots/0001-01-01/leaves", 404),
        ("/v1/document-roots/9999-12-31/leaves", 404),
        ("/v1/document-roots/10000-01-01/leaves", 422),
        (f"/v1/document-roots?cursor={encode_cursor(5)}", 422),
        (f"/v1/document-roots?cursor={encode_cursor('2026-11-24', 1)}", 422),
    ],
)
async def test_request_that_cannot_be_answered_is_a_problem(client: Client, path: str, status: int) -> None:
    answer = await client.get(path, "" if status == 401 else None)
    assert answer.status == status
    assert answer.json["title_zh"]
