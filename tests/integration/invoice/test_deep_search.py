"""Among twenty thousand invoices, what lies far behind the newest is found in order; pages hold still under inserts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.search import FORMER_BUYER, START, TENANT, Seed, fill
from libs.common.db import Pool, open_pool, transaction
from services.invoice.queries.invoice_filters import InvoiceFilters
from services.invoice.queries.invoice_statements import WINDOW, Sort
from services.invoice.queries.invoices import list_invoices
from services.invoice.store.view import ViewRow, save_views
from tests.helpers.databases import MakeDatabase
from tests.helpers.view_rows import make_view_row

COUNT = 5 * WINDOW
SORTS: tuple[Sort, ...] = ("-issued_at", "issued_at", "-amount", "amount", "-number", "number")
DEEP: dict[str, tuple[dict[str, Any], str]] = {
    "word": ({"words": ("旧系统",)}, "search_text like '%旧系统%'"),
    "two words": (
        {"words": ("系统导入", "键盘")},
        "search_text like '%系统导入%' and search_text like '%键盘%'",
    ),
    "tag": ({"tag": "archive"}, "'archive' = any(tags)"),
    "buyer": ({"buyer": "旧日渔具"}, "buyer_name like '%旧日渔具%'"),
    "tax id": ({"tax_id": FORMER_BUYER[1]}, f"buyer_tax_id = '{FORMER_BUYER[1]}'"),
    "sums": (
        {"words": ("旧系统",), "amount_from": Decimal(1000), "amount_to": Decimal("250000.05")},
        "search_text like '%旧系统%' and amount_with_tax between 1000 and 250000.05",
    ),
    "days": (
        {"words": ("旧系统",), "issued_from": START + timedelta(days=9), "issued_to": START + timedelta(100)},
        "search_text like '%旧系统%' and sort_at between '2025-01-10+00' and '2025-04-11+00'",
    ),
    "rare": ({"words": ("罕见词汇", "旧系统")}, "search_text like '%罕见词汇%旧系统%'"),
    "kind": (
        {"kind": "digital_special", "words": ("旧",)},
        "kind = 'digital_special' and search_text like '%旧%'",
    ),
}
COLUMNS = {"issued_at": "sort_at", "amount": "amount_with_tax", "number": 'number collate "C"'}


@dataclass(frozen=True)
class Archive:
    api: Pool
    worker: Pool
    superuser: str

    async def expect(self, condition: str, sort: Sort) -> list[UUID]:
        """What a plain statement finds."""
        direction = "desc" if sort.startswith("-") else "asc"
        column = COLUMNS[sort.removeprefix("-")]
        connection = await asyncpg.connect(self.superuser)
        try:
            rows = await connection.fetch(
                f"select id from invoice_views where tenant_id = $1 and {condition}"  # noqa: S608
                f" order by {column} {direction}, id {direction}",
                TENANT,
            )
        finally:
            await connection.close()
        return [row["id"] for row in rows]

    async def page(
        self, filters: InvoiceFilters, sort: Sort, cursor: str | None, limit: int = 200
    ) -> tuple[list[UUID], str | None]:
        page = await list_invoices(self.api, TENANT, filters, sort=sort, limit=limit, cursor=cursor)
        return [item.id for item in page.items], page.next_cursor

    async def add(self, row: ViewRow) -> None:
        async with transaction(self.worker) as tx:
            await save_views(tx, [row])


@pytest.fixture
async def archive(database: MakeDatabase) -> AsyncIterator[Archive]:
    made = await database("invoice")
    await fill(made.superuser, Seed(COUNT))
    async with (
        open_pool(made.api, connections=2, name="test-api") as api,
        open_pool(made.worker, connections=2, name="test-worker") as worker,
    ):
        yield Archive(api, worker, made.superuser)


async def test_deep_search_pages_hold_what_a_plain_statement_finds(archive: Archive) -> None:
    for name, (members, condition) in DEEP.items():
        filters = InvoiceFilters(**members)
        for sort in SORTS:
            expected = await archive.expect(condition, sort)
            assert expected, name
            found: list[UUID] = []
            cursor: str | None = None
            for turn in count():
                ids, cursor = await archive.page(filters, sort, cursor)
                found += ids
                if cursor is None or turn == 5:
                    break
            assert found == expected[: len(found)], (name, sort)
            assert cursor is not None or len(found) == len(expected), (name, sort)


def make_row(number: int, seconds: int, cents: int) -> ViewRow:
    """An invoice that fits the questions of the next test, anywhere in the order."""
    amount = Decimal(cents).scaleb(-2)
    return make_view_row(
        TENANT,
        START + timedelta(seconds=seconds),
        f"26{seconds:012d}{number:06d}",
        reference=f"late-{number}",
        buyer_name="新来的公司",
        amount=amount,
        amount_with_tax=amount,
        search_text="新来的公司\n旧系统导入",
    )


WORDS = st.sampled_from([(), ("旧系统",), ("新来的公司",)])
INSERTS = st.lists(st.tuples(st.integers(0, 690 * 86400), st.integers(1, 60_000_000)), max_size=3)
NUMBERS = count()


async def check_pages(
    archive: Archive, sort: Sort, words: tuple[str, ...], limit: int, inserts: list[list[tuple[int, int]]]
) -> None:
    """Page by page, while others issue between them."""
    filters, condition = InvoiceFilters(words=words), f"search_text like '%{''.join(words)}%'"
    before = await archive.expect(condition, sort)
    seen: list[UUID] = []
    cursor: str | None = None
    for places in inserts:
        ids, cursor = await archive.page(filters, sort, cursor, limit)
        seen += ids
        for seconds, cents in places:
            await archive.add(make_row(next(NUMBERS), seconds, cents))
        if cursor is None:
            break
    kept = [invoice for invoice in seen if invoice in set(before)]
    assert len(set(seen)) == len(seen)
    assert kept == before[: len(kept)]
    assert cursor is not None or len(kept) == len(before)


async def test_pages_are_stable_whatever_is_inserted_between_them(archive: Archive) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None)
    @given(st.sampled_from(SORTS), WORDS, st.integers(1, 200), st.lists(INSERTS, min_size=2, max_size=4))
    def check(sort: Sort, words: tuple[str, ...], limit: int, inserts: list[list[tuple[int, int]]]) -> None:
        work = check_pages(archive, sort, words, limit, inserts)
        asyncio.run_coroutine_threadsafe(work, loop).result(60)

    await asyncio.to_thread(check)
