"""Callbacks of the authority: they hasten a question, and nothing else comes of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.process import wait_until
from libs.common.clock import utc_now
from libs.common.db import transaction
from services.invoice.authority.callbacks import CallbackWorker
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.callback_bridge import PATH, open_bridge
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.sandbox_programs import SandboxProgram, find_free_port
from tests.integration.invoice.test_authority import Desk, open_desk

PORT = find_free_port()
RECEIVED = b'{"received":true}'


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    address = f"http://127.0.0.1:{PORT}{PATH}"
    program = SandboxProgram(
        "bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=50, OFP_BUREAU_CALLBACK_URL=address
    )
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="module")
def slow_bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    """Nothing that is accepted gets its number while the test lasts."""
    folder: Path = tmp_path_factory.mktemp("slow-bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=600_000)
    program.start()
    yield program
    program.stop()


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def make_callback(desk: Desk, invoice: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """As the bureau sends it, but anybody can."""
    return {
        "id": "e-1",
        "about": "invoice",
        "seller": desk.shop.taxpayer.seller.tax_id,
        "serial": invoice["id"].replace("-", ""),
        "state": "issued",
        "number": "26422000000000000001",
        **changes,
    }


async def send(shop: Issuing, body: Any) -> httpx.Response:
    """Without a credential."""
    transport = httpx.ASGITransport(app=shop.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        if isinstance(body, bytes):
            return await client.post(PATH, content=body, headers={"content-type": "application/json"})
        return await client.post(PATH, json=body)


async def postpone(desk: Desk) -> None:
    """Nobody would ask again for an hour."""
    async with transaction(desk.shop.worker_pool) as tx:
        await tx.execute("update submissions set next_attempt_at = $1", utc_now() + timedelta(hours=1))


async def is_due(desk: Desk) -> bool:
    async with transaction(desk.shop.worker_pool) as tx:
        due = await tx.fetchval(
            "select bool_and(next_attempt_at <= $1 and ask_first) from submissions", utc_now()
        )
        return bool(due)


def count_questions(bureau: SandboxProgram) -> tuple[float, float]:
    """Batches asked about and batches submitted."""
    metrics = bureau.call_raw("GET", "/metrics")[1].decode()
    found = [0.0, 0.0]
    for line in metrics.splitlines():
        for place, route in enumerate(("queries", "batch")):
            if line.startswith("openfapiao_sandbox_requests_total") and f'"/v1/invoices/{route}"' in line:
                found[place] += float(line.split()[-1])
    return found[0], found[1]


async def test_forged_callback_changes_nothing_but_asks_once(
    database: MakeDatabase, slow_bureau: SandboxProgram
) -> None:
    async with open_desk(database, slow_bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        before = await desk.settle(invoice["id"], "submitted")
        await postpone(desk)
        asked, submitted = count_questions(slow_bureau)
        answer = await send(desk.shop, make_callback(desk, invoice))
        assert (answer.status_code, answer.content) == (202, RECEIVED)
        assert await CallbackWorker(desk.shop.worker_pool).step() is False
        await desk.worker.settle()
        assert count_questions(slow_bureau) == (asked + 1, submitted)
        assert (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}")).json() == before
        assert await desk.events() == ["invoice.accepted.v1"]


async def test_callback_about_what_was_not_sent_yet_is_asked_about_before_it_is_sent(
    database: MakeDatabase, slow_bureau: SandboxProgram
) -> None:
    async with open_desk(database, slow_bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        asked, submitted = count_questions(slow_bureau)
        await send(desk.shop, make_callback(desk, invoice))
        await CallbackWorker(desk.shop.worker_pool).step()
        await desk.worker.settle()
        assert count_questions(slow_bureau) == (asked + 1, submitted + 1)
        (held,) = desk.held()
        assert (held["status"], held["submissions"]) == ("pending", 1)


async def test_true_callback_ends_the_wait_at_once(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with (
        open_desk(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk,
        open_bridge(desk.shop.app, PORT) as statuses,
    ):
        body = make_body(buyer={"name": "武汉沙箱-回调有限公司"})
        invoice = (await desk.shop.post(body)).json()
        await desk.worker.settle()
        await postpone(desk)
        heeder = CallbackWorker(desk.shop.worker_pool)
        for _ in range(3000):
            await heeder.step()
            await desk.worker.settle()
            invoice = (await desk.shop.client.get(f"/v1/invoices/{invoice['id']}")).json()
            if invoice["status"] != "pending":
                break
            await asyncio.sleep(0.02)
        (held,) = desk.held()
        assert (invoice["status"], invoice["number"]) == ("issued", held["number"])

        async def are_all_sent() -> bool:
            return len(statuses) == 6

        await wait_until(are_all_sent, 60, "the last callback")
        assert sorted(statuses) == [202] * 5 + [400]


async def test_repeat_is_answered_alike_and_asks_no_more(
    database: MakeDatabase, slow_bureau: SandboxProgram
) -> None:
    async with open_desk(database, slow_bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        await desk.settle(invoice["id"], "submitted")
        heeder, callback = CallbackWorker(desk.shop.worker_pool), make_callback(desk, invoice)
        for is_expected in (True, False):
            await postpone(desk)
            answers = [await send(desk.shop, callback) for _ in range(3)]
            assert {(answer.status_code, answer.content) for answer in answers} == {(202, RECEIVED)}
            await heeder.step()
            assert await is_due(desk) is is_expected
        await send(desk.shop, callback | {"id": "e-2"})
        await heeder.step()
        assert await is_due(desk)


async def test_unknown_serial_and_anothers_seller_are_answered_alike_and_change_nothing(
    database: MakeDatabase, slow_bureau: SandboxProgram
) -> None:
    async with open_desk(database, slow_bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        await desk.settle(invoice["id"], "submitted")
        await postpone(desk)
        changes: list[dict[str, Any]] = [
            {"id": "u-1", "serial": "0" * 32},
            {"id": "u-2", "serial": "'; drop table invoices; --".replace(" ", "_")},
            {"id": "u-3", "seller": "91420100MA4K00002Y"},
            {"id": "u-4", "about": "red_form"},
            {"id": "u-5", "about": "red_form", "serial": "no-uuid"},
        ]
        answers = [await send(desk.shop, make_callback(desk, invoice, **change)) for change in changes]
        assert {(answer.status_code, answer.content) for answer in answers} == {(202, RECEIVED)}
        await CallbackWorker(desk.shop.worker_pool).step()
        assert not await is_due(desk)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"\x00 not a callback", 400, "malformed-json"),
        (b'{"id": "1", "id": "2"}', 400, "malformed-json"),
        (b'"' + b"x" * 2_100_000 + b'"', 413, "body-too-large"),
        (b"[]", 422, "validation-failed"),
        ({"id": "e-1"}, 422, "validation-failed"),
        ({"id": "e 1", "about": "invoice", "seller": "1" * 18, "serial": "s"}, 422, "validation-failed"),
        ({"id": "e", "about": "invoice", "seller": "1" * 18, "serial": "s" * 129}, 422, "validation-failed"),
        ({"id": "e", "about": "quota", "seller": "1" * 18, "serial": "s"}, 422, "validation-failed"),
        (
            {"id": "e", "about": "invoice", "seller": "1" * 18, "serial": "s", "x": 1},
            422,
            "validation-failed",
        ),
    ],
)
async def test_hostile_callback_is_refused_in_both_languages(
    shop: Issuing, body: Any, status: int, code: str
) -> None:
    answer = await send(shop, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["title_zh"]
    async with transaction(shop.worker_pool) as tx:
        assert await tx.fetchval("select count(*) from authority_callbacks") == 0


async def test_callback_during_a_question_is_heeded_after_it(
    database: MakeDatabase, slow_bureau: SandboxProgram
) -> None:
    """The answer on its way may be older than the callback."""
    async with open_desk(database, slow_bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        invoice = (await desk.shop.post(make_body())).json()
        await desk.settle(invoice["id"], "submitted")
        await postpone(desk)
        heeder = CallbackWorker(desk.shop.worker_pool)
        await send(desk.shop, make_callback(desk, invoice))
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute("update submissions set claimed_until = $1", utc_now() + timedelta(minutes=1))
        await heeder.step()
        assert not await is_due(desk)
        async with transaction(desk.shop.worker_pool) as tx:
            await tx.execute("update submissions set claimed_until = null")
        await heeder.step()
        assert await is_due(desk)


async def test_heeded_callback_is_forgotten_in_time(shop: Issuing) -> None:
    body = {"id": "e-1", "about": "invoice", "seller": "91420100MA4K00002Y", "serial": "s-1"}
    await send(shop, body)
    await CallbackWorker(shop.worker_pool).step()
    await CallbackWorker(shop.worker_pool, lambda: utc_now() + timedelta(hours=1)).step()
    async with transaction(shop.worker_pool) as tx:
        assert await tx.fetchval("select count(*) from authority_callbacks") == 0
