"""What an ended bulk job was sent is forgotten after its time; what became of each row stays."""

from datetime import timedelta

from libs.common.db import transaction
from services.invoice.domain.job import BLOCK_ROWS
from services.invoice.job_pruning import prune_jobs
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing
from tests.helpers.jobs import get_job, get_rows, make_lines, make_orders, submit, work
from tests.integration.invoice.test_invoice_job_tables import make_csv, make_row

HELD = """
select (select count(*) from invoice_job_uploads), (select count(*) from invoice_job_blocks),
  (select count(*) from invoice_job_rows where invoice is not null)
"""
END_EARLIER = "update invoice_jobs set finished_at = finished_at - interval '2 days'"
DAY = timedelta(days=1)


async def held(shop: Issuing) -> tuple[int, ...]:
    """Uploads, blocks, and rows with their content."""
    async with transaction(shop.worker_pool) as tx:
        return tuple(await tx.fetchrow(HELD))


async def let_time_pass(shop: Issuing) -> None:
    async with transaction(shop.worker_pool) as tx:
        await tx.execute(END_EARLIER)


async def submit_and_cancel(shop: Issuing, content: bytes, **headers: str) -> None:
    job = (await submit(shop, content, **headers)).json()
    assert (await shop.client.post(f"/v1/invoice-jobs/{job['id']}/cancel")).status_code == 200


async def test_ended_jobs_forget_what_they_were_sent_and_keep_their_results(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        orders = make_orders(3)
        orders[1]["buyer"]["nmae"] = "x"
        done = (await submit(shop, make_lines(orders))).json()
        await work(shop)
        await submit_and_cancel(shop, make_lines(make_orders(BLOCK_ROWS + 1, "C")))
        await submit_and_cancel(shop, make_csv([make_row("T-1")]).encode(), **{"content-type": "text/csv"})
        before = await held(shop)
        assert before == (1, 2, 1)
        await prune_jobs(shop.worker_pool, DAY)
        assert await held(shop) == before
        await let_time_pass(shop)
        assert await prune_jobs(shop.worker_pool, DAY) is False
        assert await held(shop) == (0, 0, 0)
        rows = await get_rows(shop, done["id"])
        assert [row["state"] for row in rows] == ["succeeded", "failed", "succeeded"]
        assert rows[1]["problem"]["code"] == "validation-failed"
        answer = await shop.client.post(f"/v1/invoice-jobs/{done['id']}/retry", json={})
        assert (answer.status_code, answer.json()["code"]) == (422, "job-has-no-rows")


async def test_jobs_that_have_not_ended_keep_what_they_were_sent(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        job = (await submit(shop, make_lines(make_orders(2)))).json()
        await prune_jobs(shop.worker_pool, -DAY)
        await work(shop)
        assert (await get_job(shop, job["id"]))["succeeded"] == 2
