"""The fields of many invoices at once, on a connection that planned their look-up while there were no invoices yet."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId
from services.invoice.store.history import MANY, load_fields
from services.invoice.store.view import ViewRow, save_views
from tests.helpers.databases import MakeDatabase

TENANT = TenantId(uuid4())
AT = datetime(2026, 3, 1, tzinfo=UTC)
# From so many executions on, PostgreSQL keeps one plan for all, if it is no dearer than theirs were.
KEPT_AFTER = 6
FEW = MANY - 1
WALKED = "select pg_stat_get_xact_numscans('invoice_views_number_key_idx'::regclass)"


def make_row(number: int) -> ViewRow:
    return ViewRow(
        tenant=TENANT,
        id=uuid4(),
        sort_at=AT,
        issued_at=AT,
        issue_date=AT.date(),
        kind="digital_ordinary",
        code=None,
        number=f"26{number:018d}",
        reference=f"plan-{number}",
        status="issued",
        authority_state="submitted",
        buyer_name="杭州青禾软件有限公司",
        buyer_tax_id="",
        seller_name="武汉晴川数码科技有限公司",
        amount=Decimal("1.00"),
        tax=Decimal("0.00"),
        amount_with_tax=Decimal("1.00"),
        tags=(),
        search_text="杭州青禾软件有限公司",
        status_updated_at=AT,
        expected_final_by=AT,
    )


async def fill(pool: Pool, count: int) -> list[UUID]:
    rows = [make_row(number) for number in range(count)]
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
