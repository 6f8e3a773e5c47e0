"""A worker that is killed in the middle of a job: every row is issued exactly once all the same."""

from pathlib import Path

from deploy.local.process import wait_until
from libs.common.db import transaction
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.jobs import get_job, get_rows, make_lines, submit
from tests.helpers.processes import service
from tests.helpers.servers import free_ports

ROWS, KILLS = 4000, 4


async def test_killed_worker_neither_loses_nor_doubles_a_row(database: MakeDatabase, tmp_path: Path) -> None:
    made = await database("invoice")
    async with issuing(made) as shop:
        bodies = [make_body(reference=f"SO-{number}") for number in range(1, ROWS + 1)]
        job_id = (await submit(shop, make_lines(bodies))).json()["id"]
        nowhere = f"127.0.0.1:{free_ports(1)[0]}"
        settings = {
            "database_url": made.worker,
            "kafka_bootstrap": nowhere,
            "bureau_url": f"http://{nowhere}",
            "s3_url": f"http://{nowhere}",
            "s3_access_key": "test-only-access",
            "s3_secret_key": "test-only-secret",
            "export_secret": "test-only-secret-of-thirty-two-characters",
        }
        for kill in range(1, KILLS + 1):
            with service("invoice", "worker", tmp_path, **settings) as worker:
                await _until_done(shop, job_id, kill * ROWS // (KILLS + 2))
                assert (await get_job(shop, job_id))["status"] == "running"
                worker.child.kill()
        with service("invoice", "worker", tmp_path, **settings):
            await _until_done(shop, job_id, ROWS)
        job = await get_job(shop, job_id)
        assert (job["status"], job["succeeded"], job["failed"]) == ("finished", ROWS, 0)
        rows = await get_rows(shop, job_id, limit=200)
        assert [(row["row"], row["reference"]) for row in rows] == [
            (number, f"SO-{number}") for number in range(1, ROWS + 1)
        ]
        await _check_books(shop, {row["number"] for row in rows})


async def _until_done(shop: Issuing, job_id: str, count: int) -> None:
    async def is_done() -> bool:
        return bool((await get_job(shop, job_id))["succeeded"] >= count)

    await wait_until(is_done, 60, f"{count} rows")


async def _check_books(shop: Issuing, numbers: set[str]) -> None:
    """As many invoices as rows, numbers without a hole, one event each, quota for exactly these."""
    async with transaction(shop.worker_pool) as tx:
        count, used = await tx.fetchrow(
            "select count(*), (select used from quotas where tenant_id = $1) from invoices where tenant_id = $1",
            shop.tenant,
        )
        events = await tx.fetchval(
            "select count(distinct subject) from outbox where type = 'invoice.issued.v1'"
        )
        blocks = await tx.fetchval("select count(*) from invoice_job_blocks")
    assert (count, events, blocks, str(used)) == (ROWS, ROWS, 0, f"{1038 * ROWS}.00")
    assert int(max(numbers)) - int(min(numbers)) + 1 == len(numbers) == ROWS
