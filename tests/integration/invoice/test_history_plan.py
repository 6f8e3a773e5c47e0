"""The fields of many invoices at once, on a connection that planned their look-up while there were no invoices yet."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId
from services.invoice.store.history import MANY, load_fields
from services.invoice.store.view import save_views
from tests.helpers.databases import MakeDatabase
from tests.helpers.view_rows import make_view_row

TENANT = TenantId(uuid4())
AT = datetime(2026, 3, 1, tzinfo=UTC)
# From so many executions on, PostgreSQL keeps one plan for all, if it is no dearer than theirs were.
KEPT_AFTER = 6
FEW = MANY - 1
WALKED = "select pg_stat_get_xact_numscans('invoice_views_number_key_idx'::regclass)"


async def fill(pool: Pool, count: int) -> list[UUID]:
    rows = [make_view_row(TENANT, AT, f"26{number:018d}") for number in range(count)]
    async with transaction(pool) as tx:
        await save_views(tx, rows)
    return [row.id for row in rows]


async def test_fields_of_many_invoices_planned_while_there_were_none_walk_no_index_of_the_tenant(
    database: MakeDatabase,
) -> None:
    """A look-up through all numbers of the tenant for each would take the longer the more invoices there are."""
    made = await database("invoice")
    async with open_pool(made.worker, connections=1, name="test-worker") as pool:
        for _ in range(KEPT_AFTER):
            async with transaction(pool) as tx:
                await load_fields(tx, [(TENANT, uuid4()) for _ in range(FEW)])
        ids = await fill(pool, 3000)
        async with transaction(pool) as tx:
            before = await tx.fetchval(WALKED)
            assert set(await load_fields(tx, [(TENANT, invoice) for invoice in ids[:500]])) == set(ids[:500])
            assert await tx.fetchval(WALKED) == before
