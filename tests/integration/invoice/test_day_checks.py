"""Our books and the bureau's are compared day by day; whatever is damaged on either side shows, once it lasts."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import REGISTRY

from deploy.local.databases import connected
from libs.common.clock import utc_now
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.day_checker import DayChecker
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings
from tests.helpers.sandbox_programs import SandboxProgram

AT_BUREAU = {
    "sum": "update invoices set amount = amount + 1 where serial = ?",
    "lost": "delete from invoices where serial = ?",
    "day": """
        update invoices set content = json_set(cast(content as text), '$.issue_date', '2020-01-01') where serial = ?
    """,
    "void": "insert into voids select number, issued_at from invoices where serial = ?",
    "more": """
        insert into invoices (seller, serial, verdict, number, issued_at, ready_at_millis, amount, tax, amount_with_tax,
                              submissions, content)
        select seller, 'stray', verdict, '26427000000999999999', issued_at, 0, amount, tax, amount_with_tax, 1, content
        from invoices
        where serial = ?
    """,
}
AT_HOME = {
    "state": "update invoices set authority_state = 'refused' where id = $1",
    "sum": "update invoices set tax = tax + 1, amount_with_tax = amount_with_tax + 1 where id = $1",
}
MENDED = {
    "state": "update invoices set authority_state = 'confirmed' where id = $1",
    "sum": "update invoices set tax = tax - 1, amount_with_tax = amount_with_tax - 1 where id = $1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bureau")


@pytest.fixture(scope="module")
def bureau(folder: Path) -> Iterator[SandboxProgram]:
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=0)
    program.start()
    yield program
    program.stop()


class Books:
    """A tenant with the workers that its books need; `now` is the checker's time."""

    def __init__(self, shop: Issuing, connector: BureauConnector) -> None:
        settings = make_settings("postgresql://none", block_size=50, reorder_below=20)
        self.shop = shop
        self.worker = AuthorityWorker(shop.worker_pool, connector, settings, current_rules)
        self.supply = SupplyWorker(shop.worker_pool, connector, settings)
        self.checker = DayChecker(shop.worker_pool, connector, lambda: self.now)
        self.now: datetime = utc_now()

    async def issue(self) -> str:
        answer = await self.shop.post(make_body())
        assert answer.status_code == 201, answer.text
        invoice_id: str = answer.json()["id"]
        return invoice_id

    async def count_later(self, minutes: int = 6) -> float | None:
        """Days that the gauge counts after another round."""
        self.now += timedelta(minutes=minutes)
        await self.checker.step()
        return REGISTRY.get_sample_value("openfapiao_invoice_mismatches", {"rule": "bureau"})

    async def show(self) -> Any:
        async with connected(self.shop.superuser) as connection:
            return await connection.fetchrow("select checked_at, difference from day_checks order by day")


@asynccontextmanager
async def open_books(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel = NumberChannel.LOCAL_BLOCKS
) -> AsyncIterator[Books]:
    async with (
        issuing(await database("invoice"), channel=channel, numbers=0) as shop,
        aiohttp.ClientSession() as http,
    ):
        books = Books(shop, BureauConnector(http, f"http://127.0.0.1:{bureau.port}", 2.0))
        await books.supply.stock_numbers()
        await books.supply.learn_quotas()
        yield books


@pytest.mark.parametrize("damage", sorted(AT_BUREAU))
async def test_damage_to_the_bureaus_books_is_found_and_lasts_until_it_is_mended(
    database: MakeDatabase, bureau: SandboxProgram, folder: Path, damage: str
) -> None:
    async with open_books(database, bureau) as books:
        victim, *_ = [await books.issue() for _ in range(3)]
        await books.worker.settle()
        assert await books.count_later() == 0
        assert (await books.show())["checked_at"] is not None
        with closing(sqlite3.connect(folder / "bureau.sqlite3")) as held:
            held.execute(AT_BUREAU[damage], (victim.replace("-", ""),))
            held.commit()
        assert await books.count_later() == 0, "a difference that has just come may go again"
        assert await books.count_later() == 1
        assert await books.count_later() == 1


@pytest.mark.parametrize("damage", sorted(AT_HOME))
async def test_damage_to_our_books_is_found(
    database: MakeDatabase, bureau: SandboxProgram, damage: str
) -> None:
    async with open_books(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as books:
        victim, _ = [await books.issue() for _ in range(2)]
        await books.worker.settle()
        assert await books.count_later() == 0
        async with connected(books.shop.superuser) as connection:
            await connection.execute(AT_HOME[damage], victim)
        await books.count_later()
        assert await books.count_later() == 1
        assert '"invoices"' in (await books.show())["difference"]
        async with connected(books.shop.superuser) as connection:
            await connection.execute(MENDED[damage], victim)
        assert await books.count_later() == 0


async def test_day_with_business_under_way_waits(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_books(database, bureau) as books:
        await books.issue()
        assert await books.count_later() == 0
        assert (await books.show())["checked_at"] is None
        assert REGISTRY.get_sample_value("openfapiao_day_check_age_seconds") == 0
        assert await books.count_later(minutes=60 * 48) == 0
        assert (REGISTRY.get_sample_value("openfapiao_day_check_age_seconds") or 0) > 3600
        await books.worker.settle()
        await books.count_later()
        assert (await books.show())["checked_at"] is not None


async def test_silent_bureau_changes_nothing(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with open_books(database, bureau) as books:
        await books.issue()
        await books.worker.settle()
        seller = books.shop.taxpayer.seller.tax_id
        bureau.post("/control/faults", {"mode": "down", "count": 2, "seller": seller})
        assert await books.count_later() == 0
        assert (await books.show())["checked_at"] is None
        assert await books.count_later() == 0
        assert (await books.show())["checked_at"] is not None
