"""Bulk jobs through HTTP: sent, worked off, followed, corrected."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from deploy.local.process import wait_until
from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.problems import NotFound
from services.invoice.commands.work_off_rows import TurnLost, WantedRow, work_off
from services.invoice.domain.job import BLOCK_ROWS
from services.invoice.job_worker import GENTLE_ROWS, TURN_BLOCKS, JobWorker
from services.invoice.store.job import claim_turn
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.jobs import get_job, get_rows, make_lines, make_orders, submit, work

# Ten invoices are never issued faster than this.
LEAST_WORK_SECONDS = 0.001


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def test_job_of_json_lines_issues_every_row(shop: Issuing) -> None:
    answer = await submit(shop, make_lines(make_orders(250)))
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/invoice-jobs/{job['id']}"
    assert (job["status"], job["total"], job["succeeded"], job["failed"]) == ("queued", 250, 0, 0)
    assert job["expected_finish_at"].endswith("Z")
    await work(shop)
    done = await get_job(shop, job["id"])
    assert (done["status"], done["succeeded"], done["failed"]) == ("finished", 250, 0)
    assert (done["expected_finish_at"], done["problem"]) == (None, None)
    rows = await get_rows(shop, job["id"], limit=200)
    assert [row["row"] for row in rows] == list(range(1, 251))
    assert [row["reference"] for row in rows] == [f"SO-{number}" for number in range(1, 251)]
    numbers = [int(row["number"]) for row in rows]
    assert numbers == list(range(numbers[0], numbers[0] + 250))
    invoice = (await shop.client.get(f"/v1/invoices/{rows[7]['invoice_id']}")).json()
    assert (invoice["reference"], invoice["number"]) == ("SO-8", rows[7]["number"])


async def test_job_sent_again_under_its_key_answers_the_same_bytes(shop: Issuing) -> None:
    content = make_lines(make_orders(3))
    first, again = await submit(shop, content, "k1"), await submit(shop, content, "k1")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await submit(shop, make_lines(make_orders(4)), "k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    await work(shop)
    assert (await get_job(shop, first.json()["id"]))["succeeded"] == 3


async def test_bad_rows_fail_alone_with_their_reasons(shop: Issuing) -> None:
    bodies = make_orders(120)
    bodies[4]["lines"][0]["tax_rate"] = "0.12"
    bodies[50]["buyer"]["nmae"] = "x"
    bodies[119]["reference"] = "SO-1"
    content = make_lines(bodies[:60]) + b'\r\n{"kind": \n\n' + make_lines(bodies[60:])
    job = (await submit(shop, content)).json()
    assert job["total"] == 121
    await work(shop)
    done = await get_job(shop, job["id"])
    assert (done["status"], done["succeeded"], done["failed"]) == ("finished", 117, 4)
    failed = await get_rows(shop, job["id"], state="failed")
    found = [(row["row"], row["problem"]["code"], row["problem"]["status"]) for row in failed]
    assert found == [
        (5, "validation-failed", 422),
        (51, "validation-failed", 422),
        (61, "malformed-json", 400),
        (121, "duplicate-reference", 409),
    ]
    assert failed[0]["problem"]["errors"][0]["pointer"] == "/lines/0/tax_rate"
    assert failed[1]["problem"]["errors"][0]["pointer"] == "/buyer/nmae"
    first = (await get_rows(shop, job["id"], limit=1))[0]
    assert failed[3]["problem"]["invoice_id"] == first["invoice_id"]
    assert [row["reference"] for row in failed] == ["SO-5", "SO-51", None, "SO-1"]


async def test_file_sent_twice_is_refused_row_by_row_and_names_the_earlier_invoices(shop: Issuing) -> None:
    content = make_lines(make_orders(130))
    first, second = (await submit(shop, content)).json(), (await submit(shop, content)).json()
    await work(shop)
    assert (await get_job(shop, second["id"]))["failed"] == 130
    earlier = {row["reference"]: row["invoice_id"] for row in await get_rows(shop, first["id"])}
    for row in await get_rows(shop, second["id"]):
        assert row["problem"]["invoice_id"] == earlier[row["reference"]]


async def test_retry_tries_failed_rows_again_as_corrected_or_as_they_were(shop: Issuing) -> None:
    bodies = make_orders(10)
    for number in (2, 5, 7):
        bodies[number]["lines"][0]["tax_rate"] = "0.12"
    job = (await submit(shop, make_lines(bodies))).json()
    await work(shop)
    path = f"/v1/invoice-jobs/{job['id']}/retry"
    rows = [{"row": 3, "invoice": make_body(reference="SO-3")}]
    answer = await shop.client.post(path, json={"rows": rows})
    assert (answer.status_code, answer.json()["status"], answer.json()["failed"]) == (202, "queued", 2)
    (queued,) = await get_rows(shop, job["id"], state="queued")
    assert queued["row"] == 3
    await work(shop)
    done = await get_job(shop, job["id"])
    assert (done["status"], done["succeeded"], done["failed"]) == ("finished", 8, 2)
    answer = await shop.client.post(path, json={})
    assert (answer.status_code, answer.json()["failed"]) == (202, 0)
    await work(shop)
    done = await get_job(shop, job["id"])
    assert (done["succeeded"], done["failed"]) == (8, 2)
    assert [row["row"] for row in await get_rows(shop, job["id"], state="failed")] == [6, 8]
    refused = await shop.client.post(path, json={"rows": rows})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/rows/0/row"


async def test_same_row_twice_in_a_retry_is_refused(shop: Issuing) -> None:
    job = (await submit(shop, b"{}\n")).json()
    await work(shop)
    rows = [{"row": 1, "invoice": make_body()}] * 2
    answer = await shop.client.post(f"/v1/invoice-jobs/{job['id']}/retry", json={"rows": rows})
    assert answer.status_code == 422
    assert (await get_job(shop, job["id"]))["failed"] == 1


async def test_cancelled_job_keeps_what_is_done_and_does_no_more(shop: Issuing) -> None:
    job = (await submit(shop, make_lines(make_orders(2100)))).json()
    await work(shop, turns=1)
    path = f"/v1/invoice-jobs/{job['id']}"
    assert (await shop.client.post(f"{path}/pause")).json()["status"] == "paused"
    assert await work(shop) == 0
    assert (await shop.client.post(f"{path}/resume")).json()["status"] == "queued"
    await work(shop, turns=1)
    answer = await shop.client.post(f"{path}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await work(shop) == 0
    done = await get_job(shop, job["id"])
    assert (done["succeeded"], len(await get_rows(shop, job["id"], limit=200))) == (2000, 2000)
    again = await shop.client.post(f"{path}/resume")
    assert (again.status_code, again.json()["code"]) == (409, "job-state-conflict")


async def test_jobs_of_tenants_take_turns(database: MakeDatabase) -> None:
    """The smaller one does not wait until the larger one is done."""
    made = await database("invoice")
    async with issuing(made) as large, issuing(made) as small:
        long_job = (await submit(large, make_lines(make_orders(2000)))).json()
        short_job = (await submit(small, make_lines(make_orders(100)))).json()
        await work(large, turns=2)
        assert (await get_job(small, short_job["id"]))["status"] == "finished"
        assert (await get_job(large, long_job["id"]))["succeeded"] == 1000


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 422, "job-has-no-rows"),
        (b"\n \n", {}, 422, "job-has-no-rows"),
        (b"{}\n" * 100_001, {}, 422, "too-many-rows"),
        (b"{}", {"content-type": "application/json"}, 415, "unsupported-media-type"),
        (b"{}", {"content-encoding": "gzip"}, 415, "unsupported-media-type"),
        (b"{}", {"idempotency-key": ""}, 400, "idempotency-key-missing"),
    ],
)
async def test_unsound_job_is_refused(
    shop: Issuing, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await submit(shop, content, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_job_of_another_tenant_is_not_there(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made) as ours, issuing(made) as theirs:
        job = (await submit(ours, make_lines(make_orders(1)))).json()
        path = f"/v1/invoice-jobs/{job['id']}"
        for answer in (
            await theirs.client.get(path),
            await theirs.client.get(f"{path}/rows"),
            await theirs.client.post(f"{path}/cancel"),
            await theirs.client.post(f"{path}/retry", json={}),
        ):
            assert answer.status_code == 404
        assert (await theirs.client.get("/v1/invoice-jobs")).json()["items"] == []


async def test_progress_is_announced_at_begin_and_end(shop: Issuing) -> None:
    job = (await submit(shop, make_lines(make_orders(1200)))).json()
    await work(shop)
    async with transaction(shop.worker_pool) as tx:
        events = await tx.fetch(
            "select payload, sequence from outbox where type = 'invoice.job_progressed.v1' order by position"
        )
    payloads = [json.loads(event["payload"]) for event in events]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert (payloads[0]["status"], payloads[0]["total"]) == ("running", 1200)
    assert (payloads[-1]["status"], payloads[-1]["succeeded"]) == ("finished", 1200)
    assert len(payloads) < 6
    assert job["id"]


async def test_worker_that_lost_its_turn_changes_nothing(shop: Issuing) -> None:
    """Two of them have read the same rows; the second finds the job further on than it knew it."""
    job_id = (await submit(shop, make_lines([{}]))).json()["id"]
    now = utc_now()
    async with transaction(shop.worker_pool) as tx:
        first = await claim_turn(tx, now=now, until=now)
        second = await claim_turn(tx, now=now, until=now)
    assert first is not None
    assert first == second
    row = WantedRow(1, b"{}", None, NotFound())
    async with transaction(shop.worker_pool) as tx:
        done = await work_off(tx, first, [row], is_rest_of_block=True, now=now)
    assert done.failed == 1
    with pytest.raises(TurnLost):
        async with transaction(shop.worker_pool) as tx:
            await work_off(tx, first, [row], is_rest_of_block=True, now=now)
    assert (await get_job(shop, job_id))["failed"] == 1


async def test_job_gives_way_where_invoices_are_issued_singly(shop: Issuing) -> None:
    await submit(shop, make_lines(make_orders(2 * BLOCK_ROWS)))
    assert (await shop.post(make_body(reference="single"))).status_code == 201
    began = time.perf_counter()
    await work(shop, turns=1, rest=100)
    seconds = time.perf_counter() - began
    async with transaction(shop.worker_pool) as tx:
        moments = await tx.fetch(
            "select count(*), min(created_at) from invoices group by created_at order by created_at"
        )
    assert {count for count, _ in moments[1:]} == {GENTLE_ROWS}
    assert seconds > 100 * (len(moments) - 1) * LEAST_WORK_SECONDS


async def test_job_at_full_speed_slows_down_as_soon_as_somebody_issues(shop: Issuing) -> None:
    """Not only at its next turn: no block after the one under way."""
    worker = JobWorker(shop.worker_pool, timedelta(minutes=10))
    await submit(shop, make_lines(make_orders(TURN_BLOCKS * BLOCK_ROWS)))

    async def issue_beside() -> None:
        await wait_until(partial(_is_begun, shop), 60, "the job's first rows")
        assert (await shop.post(make_body(reference="single"))).status_code == 201

    await asyncio.gather(worker.step(), issue_beside())
    (job,) = (await shop.client.get("/v1/invoice-jobs")).json()["items"]
    assert BLOCK_ROWS <= job["succeeded"] < TURN_BLOCKS * BLOCK_ROWS


async def _is_begun(shop: Issuing) -> bool:
    (job,) = (await shop.client.get("/v1/invoice-jobs")).json()["items"]
    return bool(job["succeeded"])
