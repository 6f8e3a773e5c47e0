"""`python -m bench search`: how long lists and searches take among a million invoices of one tenant.

A Postgres of its own with the settings of the stack, the real migrations, roles and row-level security; the views are
filled by COPY with the terms that the consumer would have written. Measured is the query with its answer's JSON.
"""

import argparse
import asyncio
import itertools
import os
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from bench.figures import Figure, at_most, describe_machine, percentile, print_table, write_json
from deploy.local.databases import create_database, create_roles, database_url
from deploy.local.postgres import make_postgres, superuser_url
from deploy.local.running import running
from deploy.local.stack import ROOT
from libs.common.clock import utc_now
from libs.common.db import Pool, open_pool
from libs.common.ids import TenantId
from libs.common.migrate import COMMON_SQL, migrate
from services.invoice.domain.encoding import encode
from services.invoice.domain.terms import facet_terms, place_terms, text_terms
from services.invoice.queries.invoice_filters import InvoiceFilters
from services.invoice.queries.invoice_statements import Sort
from services.invoice.queries.invoices import list_invoices
from services.invoice.queries.summary import summarise

RESULTS = ROOT / "bench" / "results"
PASSWORD = "bench-only-password"  # noqa: S105 - of a server that lives as long as the bench
TENANT, SMALL = TenantId(UUID(int=0x0199 << 112 | 1)), TenantId(UUID(int=0x0199 << 112 | 2))
GOAL_MILLISECONDS = 50.0
START = datetime(2025, 1, 1, tzinfo=UTC)
PLACES = ("武汉", "杭州", "成都", "广州", "西安", "南京", "苏州", "青岛", "厦门", "长沙")
SYLLABLES = "晴川青禾云帆远景博雅同心恒通瑞丰嘉禾明德华宇星辰天成安泰宏图"
TRADES = ("商贸", "软件", "科技", "物流", "建材", "餐饮", "医药", "机械")
FORMER_BUYER = ("宁波旧日渔具有限公司", "91330200MA2F00000X")
GOODS = ("键盘", "显示器", "打印纸", "运输服务", "咨询服务", "水泥", "燕麦", "电缆", "软件维护", "住宿")
VIEW = (
    "tenant_id", "id", "sort_at", "issued_at", "issue_date", "kind", "number", "reference", "status", "reversal",
    "authority_state", "buyer_name", "buyer_tax_id", "seller_name", "amount", "tax", "amount_with_tax", "tags",
    "search_text", "status_updated_at", "expected_final_by",
)  # fmt: skip

# What the triggers would have counted.
COUNT = """
insert into invoice_counts
select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date, status, authority_state, reversal, count(*),
  sum(amount), sum(tax), sum(amount_with_tax)
from invoice_views
group by 1, 2, 3, 4, 5
"""


class Seed:
    """Invoices drawn from a seed: 20,000 buyers of very different size, ten goods, a rare word in 30 invoices.

    What is common and lies deep: a word and a tag of the oldest third, a buyer of which none of the later half knows.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.rng = random.Random(7)
        self.buyers = [self._buyer(number) for number in range(20_000)]
        self._terms: dict[tuple[str, ...], list[int]] = {}

    def _buyer(self, number: int) -> tuple[str, str]:
        word = "".join(self.rng.sample(SYLLABLES, 2))
        name = f"{self.rng.choice(PLACES)}{word}{self.rng.choice(TRADES)}有限公司"
        return name, f"9142010{number:011d}"

    def rows(self, tenant: TenantId, count: int) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """A view and its terms, oldest first."""
        for number in range(count):
            at = START + timedelta(seconds=number * 60 * 60 * 24 * 690 / self.count)
            buyer, tax_id = self.buyers[int(self.rng.paretovariate(0.6)) % len(self.buyers)]
            if number < count // 2 and number % 10 == 0:
                buyer, tax_id = FORMER_BUYER
            goods, reference = self.rng.choice(GOODS), f"SO-{number:07d}"
            remark = "罕见词汇" if number % (self.count // 30 or 1) == 7 else ""
            remark += "旧系统导入" if number < count // 3 else ""
            text = "\n".join([buyer, f"*{goods}*{goods}", remark, reference]).lower()
            kind = "digital_special" if self.rng.random() < 0.3 else "digital_ordinary"
            tags = [f"t{number % 100}"] if self.rng.random() < 0.2 else []
            tags += ["archive"] if number < count // 3 and number % 4 == 0 else []
            tags += ["rare-tag"] if number % (self.count // 20 or 1) == 3 else []
            status = "voided" if number % 5000 == 11 else "issued"
            cents = self.rng.randint(100, 50_000_000)
            amount, tax = Decimal(cents).scaleb(-2), Decimal(cents * 13 // 100).scaleb(-2)
            invoice = UUID(int=0x0199 << 112 | 0x7 << 76 | tenant.int % 97 << 64 | number)
            digits = f"2542{tenant.int % 97:02d}{number:014d}"
            view = (
                tenant, invoice, at, at, at.date(), kind, digits, reference, status, "none", "confirmed", buyer,
                tax_id, "武汉晴川数码科技有限公司", amount, tax, amount + tax, tags, text, at, at,
            )  # fmt: skip
            terms = self._known(tenant, buyer, tax_id, goods, kind) + list(
                text_terms(tenant, f"{reference.lower()} {remark}")
                | facet_terms(tenant, tag=tags)
                | place_terms(tenant, at, int((amount + tax) * 100), digits)
            )
            yield view, (tenant, invoice, terms)

    def _known(self, tenant: TenantId, buyer: str, tax_id: str, goods: str, kind: str) -> list[int]:
        key = (str(tenant), tax_id, goods, kind)
        if key not in self._terms:
            facets = facet_terms(tenant, kind=[kind], tax_id=[tax_id])
            self._terms[key] = list(text_terms(tenant, f"{buyer} *{goods}*{goods}") | facets)
        return self._terms[key]


async def fill(dsn: str, seed: Seed) -> None:
    """The large tenant, and a small one beside it."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("alter table invoice_views disable trigger user")
        for tenant, count in ((TENANT, seed.count), (SMALL, seed.count // 500)):
            rows = seed.rows(tenant, count)
            while batch := list(itertools.islice(rows, 20_000)):
                views, terms = zip(*batch, strict=True)
                await connection.copy_records_to_table("invoice_views", records=views, columns=VIEW)
                await connection.copy_records_to_table("invoice_terms", records=terms)
        await connection.execute("alter table invoice_views enable trigger user")
        await connection.execute(COUNT)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def questions(seed: Seed) -> dict[str, dict[str, Any]]:
    """What is asked, by name: members of InvoiceFilters."""
    last = START + timedelta(days=690)
    buyer, tax_id = seed.buyers[1]
    rare_buyer, rare_tax_id = seed.buyers[15_000]
    return {
        "all": {},
        "buyer, a common part": {"buyer": "有限公司"},
        "buyer, two characters": {"buyer": buyer[2:4]},
        "buyer, whole and rare": {"buyer": rare_buyer},
        "tax id, common": {"tax_id": tax_id},
        "tax id, rare": {"tax_id": rare_tax_id},
        "q, a very common word": {"words": ("有限公司",)},
        "q, two characters of goods": {"words": ("电缆",)},
        "q, one character": {"words": ("缆",)},
        "q, a rare word": {"words": ("罕见",)},
        "q, common and rare": {"words": ("有限公司", "罕见词汇")},
        "q, part of a reference": {"words": (f"{seed.count // 2:07d}",)},
        "q, nothing fits": {"words": ("查无此词",)},
        "tag, common": {"tag": "t7"},
        "tag, rare": {"tag": "rare-tag"},
        "q, a third, all of them old": {"words": ("旧系统",)},
        "q, old and common": {"words": ("旧系统", "有限公司")},
        "q, old and two characters of goods": {"words": ("导入", "电缆")},
        "q, old, of small sums": {"words": ("旧系统",), "amount_to": Decimal(50000)},
        "q, old, one quarter": {
            "words": ("旧系统",),
            "issued_from": START + timedelta(days=30),
            "issued_to": START + timedelta(days=120),
        },
        "buyer, large and old": {"buyer": "旧日渔具"},
        "tax id, large and old": {"tax_id": FORMER_BUYER[1]},
        "tag, old": {"tag": "archive"},
        "kind and an old word": {"kind": "digital_special", "words": ("旧系统",)},
        "status, rare": {"status": "voided"},
        "kind": {"kind": "digital_special"},
        "amount, narrow": {"amount_from": Decimal("1234.00"), "amount_to": Decimal("1240.00")},
        "amount, wide": {"amount_from": Decimal(1000), "amount_to": Decimal(300000)},
        "number": {"number": f"254298{0:014d}"[:6] + f"{seed.count // 3:014d}"},
        "one day": {"issued_from": last - timedelta(days=300), "issued_to": last - timedelta(days=299)},
        "one day, common word": {
            "issued_from": last - timedelta(days=300),
            "issued_to": last - timedelta(days=299),
            "words": ("有限公司",),
        },
    }


async def measure(pool: Pool, seed: Seed, repeats: int) -> list[Figure]:
    """p50 and p95 of each question in each order, the first page and, for lists, deep ones."""
    figures = []
    sorts: tuple[Sort, ...] = ("-issued_at", "issued_at", "-amount", "amount", "-number", "number")
    for name, given in questions(seed).items():
        filters = InvoiceFilters(**given)
        for sort in sorts if name == "all" else sorts[::2]:
            times = [await _time(pool, filters, sort, None) for _ in range(repeats)]
            figures += _figures(f"{name}, {sort}", times)
    for sort in sorts:
        cursor = await _deep_cursor(pool, sort)
        times = [await _time(pool, InvoiceFilters(), sort, cursor) for _ in range(repeats)]
        figures += _figures(f"all, {sort}, deep", times)
    times = [await _time_summary(pool) for _ in range(repeats)]
    return figures + _figures("summary by state", times)


async def _time_summary(pool: Pool) -> float:
    started = time.perf_counter()
    encode(await summarise(pool, TENANT, now=utc_now()))
    return (time.perf_counter() - started) * 1000


async def _time(
    pool: Pool, filters: InvoiceFilters, sort: Sort, cursor: str | None, tenant: TenantId = TENANT
) -> float:
    started = time.perf_counter()
    page = await list_invoices(pool, tenant, filters, sort=sort, limit=50, cursor=cursor)
    encode(page)
    return (time.perf_counter() - started) * 1000


async def _deep_cursor(pool: Pool, sort: Sort) -> str | None:
    """Far behind the first page: reached by the range filter, as nobody turns ten thousand pages."""
    middle = InvoiceFilters(issued_to=START + timedelta(days=345), amount_to=Decimal(250000))
    page = await list_invoices(pool, TENANT, middle, sort=sort, limit=200, cursor=None)
    return page.next_cursor


def _figures(name: str, times: list[float]) -> list[Figure]:
    return [
        Figure(f"{name}: p50", "ms", percentile(times, 0.5)),
        at_most(f"{name}: p95", "ms", percentile(times, 0.95), GOAL_MILLISECONDS),
    ]


@asynccontextmanager
async def scratch_server(folder: Path, port: int) -> AsyncIterator[str]:
    """A new server with roles and the migrated invoice database; yields the superuser's address of it."""
    server = superuser_url(port, PASSWORD)
    async with running(make_postgres(folder / "postgres", port, PASSWORD), folder / "postgres.log"):
        await create_roles(server, lambda _: PASSWORD)
        await create_database(server, "invoice")
        owner = database_url(port, "invoice", "owner", PASSWORD)
        await migrate(owner, [COMMON_SQL, ROOT / "services" / "invoice" / "migrations"])
        yield superuser_url(port, PASSWORD, "ofp_invoice")


def make_folder() -> Path:
    """A server that does not run as root must be able to enter it."""
    folder = Path(tempfile.mkdtemp(prefix="openfapiao-bench-"))
    folder.chmod(0o755)
    return folder


async def run(options: argparse.Namespace) -> None:
    machine = describe_machine(os.getloadavg()[0])
    folder = make_folder()
    try:
        async with scratch_server(folder, options.port) as dsn:
            seed, started = Seed(options.invoices), time.monotonic()
            await fill(dsn, seed)
            print(f"{options.invoices:,} invoices in {time.monotonic() - started:.0f} s", flush=True)
            api = database_url(options.port, "invoice", "api", PASSWORD)
            async with open_pool(api, connections=2, name="bench-search") as pool:
                figures = await measure(pool, seed, options.repeats)
            if options.pause:
                print(dsn, flush=True)
                await asyncio.sleep(options.pause)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_json(RESULTS / "search.json", machine | {"invoices": options.invoices}, figures)
    print_table(machine, figures)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=20, help="of each question")
    parser.add_argument("--port", type=int, default=29432, help="of the scratch server")
    parser.add_argument("--pause", type=float, default=0, help="seconds to leave the server up at the end")
    uvloop.run(run(parser.parse_args(arguments)))
