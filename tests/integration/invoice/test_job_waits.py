"""A bulk job whose next row cannot be decided now waits, says for what, and goes on by itself."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.process import wait_until
from libs.common.clock import shanghai_day, utc_now
from libs.common.db import transaction
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.invoice import NumberChannel
from services.invoice.store.entitlement import period_of
from services.invoice.store.quota import Grant, save_grants
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, add_numbers, issuing, make_body, make_settings
from tests.helpers.jobs import get_job, get_rows, make_lines, make_orders, submit, work
from tests.helpers.sandbox_programs import SandboxProgram

WAIT_SECONDS = 60
PROGRESS = """
select payload from outbox where type = 'invoice.job_progressed.v1' and subject = $1 order by position
"""


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    """15 numbers, and quota for 40 of the usual orders."""
    async with issuing(await database("invoice"), numbers=15, quota="41520.00") as opened:
        yield opened


async def test_job_waits_for_numbers_and_loses_no_row(shop: Issuing) -> None:
    job_id = await _submit(shop, make_orders(30))
    await work(shop, turns=3)
    job = await get_job(shop, job_id)
    assert (job["status"], job["succeeded"], job["failed"]) == ("running", 15, 0)
    paused = await _until(shop, job_id, "paused")
    assert (paused["succeeded"], paused["failed"], paused["expected_finish_at"]) == (15, 0, None)
    problem = paused["problem"]
    assert (problem["code"], problem["retryable"]) == ("numbers-exhausted", True)
    assert problem["title_zh"]
    assert problem["remedy_zh"]
    async with transaction(shop.worker_pool) as tx:
        assert await tx.fetchval("select bool_and(numbers_due_at <= now()) from connectors")
    await add_numbers(shop.worker_pool, shop.taxpayer, 100)
    done = await _until(shop, job_id, "finished")
    assert (done["succeeded"], done["failed"], done["problem"]) == (30, 0, None)
    told = [(each["status"], each["waits_for"]) for each in await _progress(shop, job_id)]
    assert told[:2] == [("running", None), ("paused", "numbers-exhausted")]
    assert told[-1] == ("finished", None)


async def test_job_waits_for_quota_and_refuses_what_no_month_covers(shop: Issuing) -> None:
    await add_numbers(shop.worker_pool, shop.taxpayer, 100)
    bodies = make_orders(50)
    bodies[3]["lines"][0]["unit_price"] = "1000000"  # more than the month's total
    job_id = await _submit(shop, bodies)
    paused = await _until(shop, job_id, "paused")
    assert (paused["succeeded"], paused["failed"]) == (40, 1)
    assert paused["problem"]["code"] == "quota-exceeded"
    (failed,) = await get_rows(shop, job_id, state="failed")
    assert (failed["row"], failed["problem"]["code"]) == (4, "quota-exceeded")
    now = utc_now()
    period = period_of(shanghai_day(now))
    async with transaction(shop.worker_pool) as tx:
        grant = Grant(shop.tenant, shop.taxpayer.id, period, Decimal("1000000.00"), False)
        await save_grants(tx, [grant], now=now)
    done = await _until(shop, job_id, "finished")
    assert (done["succeeded"], done["failed"]) == (49, 1)


async def test_paused_job_can_be_stopped_or_cancelled_by_its_sender(shop: Issuing) -> None:
    job_id = await _submit(shop, make_orders(30))
    await _until(shop, job_id, "paused")
    path = f"/v1/invoice-jobs/{job_id}"
    answer = await shop.client.post(f"{path}/pause")
    assert (answer.status_code, answer.json()["status"], answer.json()["problem"]) == (200, "paused", None)
    await add_numbers(shop.worker_pool, shop.taxpayer, 100)
    assert await work(shop) == 0
    assert (await get_job(shop, job_id))["succeeded"] == 15
    assert (await shop.client.post(f"{path}/cancel")).json()["status"] == "cancelled"


async def test_job_of_another_taxpayer_goes_on_meanwhile(shop: Issuing) -> None:
    """What waits is the job, not the tenant."""
    waiting = await _submit(shop, make_orders(30, "A"))
    await _until(shop, waiting, "paused")
    broken = await _submit(shop, [{}])
    assert (await _until(shop, broken, "finished"))["failed"] == 1


async def test_job_pauses_while_the_bureau_wants_a_sign_in(database: MakeDatabase, tmp_path: Path) -> None:
    program = SandboxProgram("bureau", tmp_path, OFP_BUREAU_ISSUE_DELAY_MILLIS=50)
    program.start()
    try:
        made = await database("invoice")
        async with (
            issuing(made, channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop,
            aiohttp.ClientSession() as http,
        ):
            bureau = BureauConnector(http, f"http://127.0.0.1:{program.port}", 1.0)
            authority = AuthorityWorker(shop.worker_pool, bureau, make_settings(made.worker), current_rules)
            fault = {"mode": "login_needed", "count": 1000, "seller": shop.taxpayer.seller.tax_id}
            program.post("/control/faults", fault)
            assert (await shop.post(make_body())).status_code == 201
            await authority.settle()
            job_id = await _submit(shop, make_orders(20))
            paused = await _until(shop, job_id, "paused")
            assert (paused["succeeded"], paused["failed"]) == (0, 0)
            assert paused["problem"]["code"] == "authority-out-of-reach"
            assert paused["problem"]["connector"] == "login_needed"
            program.post("/control/faults", fault | {"count": 0})

            async def is_done() -> bool:
                await authority.settle()
                await work(shop, turns=2)
                return bool((await get_job(shop, job_id))["status"] == "finished")

            await wait_until(is_done, WAIT_SECONDS, "the job's end")
            assert (await get_job(shop, job_id))["succeeded"] == 20
    finally:
        program.stop()


async def _submit(shop: Issuing, bodies: list[dict[str, Any]]) -> str:
    answer = await submit(shop, make_lines(bodies))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _until(shop: Issuing, job_id: str, status: str) -> dict[str, Any]:
    """Turns of the worker until the job has come to this."""

    async def has_come() -> bool:
        await work(shop, turns=5)
        return bool((await get_job(shop, job_id))["status"] == status)

    await wait_until(has_come, WAIT_SECONDS, f"a job that is {status}")
    return await get_job(shop, job_id)


async def _progress(shop: Issuing, job_id: str) -> list[dict[str, Any]]:
    async with transaction(shop.worker_pool) as tx:
        return [json.loads(row["payload"]) for row in await tx.fetch(PROGRESS, job_id)]
