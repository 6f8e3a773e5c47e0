"""`make faults`: invoices issued while the bureau has its bad days, and both books compared at the end.

A real Postgres and a real bureau process; the api and the authority's loops run in this process, without Kafka.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import structlog

from libs.common.db import transaction
from sandbox.bureau.faults import MAGIC_WORDS
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.callbacks import CallbackWorker
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.callback_bridge import PATH, open_bridge
from tests.helpers.databases import Database, database_maker
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings
from tests.helpers.sandbox_programs import SandboxProgram, find_free_port
from tests.helpers.servers import close_run, open_run, shared_server

CLIENTS = 16
LOOPS = 3
OUTAGE_SECONDS = 3
OPEN = """
select count(*)
from invoices
where tenant_id = $1 and (status = 'pending' or authority_state not in ('confirmed', 'refused'))
"""
REFUSED = "select id from invoices where tenant_id = $1 and status = 'issued' and authority_state = 'refused'"
BOOK = """
select number, amount::text, tax::text, amount_with_tax::text
from invoices
where tenant_id = $1 and status = 'issued'
"""
COUNTS = """
select count(*) as all, count(*) filter (where status = 'rejected') as rejected
from invoices
where tenant_id = $1
"""


class Row(NamedTuple):
    """One seller at the end. `twins`: invoices or numbers that the bureau issued more than once."""

    channel: str
    asked: int
    issued: int
    at_bureau: int
    rejected: int
    twins: int
    unequal: int
    stuck: int
    amount: str
    amount_at_bureau: str

    @property
    def is_good(self) -> bool:
        is_equal = (self.issued, self.amount) == (self.at_bureau, self.amount_at_bureau)
        is_whole = self.asked == self.issued + self.rejected
        return is_equal and is_whole and not (self.twins or self.unequal or self.stuck)


@dataclass
class Rehearsal:
    """`invoices` in all, `percent` of them with a magic word, shared out evenly over the modes and two sellers."""

    invoices: int
    percent: float
    seed: int
    drain_seconds: float = 600
    words: Counter[str] = field(default_factory=Counter)
    callbacks: Counter[int] = field(default_factory=Counter)
    """By the status they were answered with."""

    async def run(self, database: Database, folder: Path) -> list[Row]:
        chance, callback_port = random.Random(self.seed), find_free_port()
        bureau = SandboxProgram(
            "bureau",
            folder,
            OFP_BUREAU_ISSUE_DELAY_MILLIS=100,
            OFP_BUREAU_SLOW_MILLIS=1500,
            OFP_BUREAU_HOLD_MILLIS=3000,
            OFP_BUREAU_CALLBACK_URL=f"http://127.0.0.1:{callback_port}{PATH}",
        )
        bureau.start()
        try:
            async with AsyncExitStack() as stack:
                shops = [
                    await stack.enter_async_context(issuing(database, channel=channel, numbers=0))
                    for channel in NumberChannel
                ]
                await stack.enter_async_context(_at_work(shops[0], database, bureau))
                answered = await stack.enter_async_context(open_bridge(shops[0].app, callback_port))
                await self._issue(shops, bureau, chance)
                await self._drain(shops)
                self.callbacks.update(answered)
                return [await _compare(shop, bureau) for shop in shops]
        finally:
            bureau.stop()

    async def _issue(self, shops: list[Issuing], bureau: SandboxProgram, chance: random.Random) -> None:
        queue = iter(enumerate([self._draw(number, chance) for number in range(self.invoices)]))
        bad_days = {self.invoices // 3: "login_needed", 2 * self.invoices // 3: "down"}
        outages: list[asyncio.Task[None]] = []

        async def client() -> None:
            for number, body in queue:
                if number in bad_days:
                    seller = shops[0].taxpayer.seller.tax_id
                    outages.append(asyncio.create_task(_outage(bureau, bad_days[number], seller)))
                await _post(shops[number % 2], body)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        await asyncio.gather(*outages)

    def _draw(self, number: int, chance: random.Random) -> dict[str, Any]:
        word = ""
        if chance.random() * 100 < self.percent:
            word = list(MAGIC_WORDS)[self.words.total() % len(MAGIC_WORDS)]
            self.words[MAGIC_WORDS[word]] += 1
        line = make_body()["lines"][0] | {
            "quantity": str(chance.randint(1, 40)),
            "unit_price": f"{chance.randint(1, 99999) / 100:.2f}",
        }
        return make_body(reference=f"F-{number}", buyer={"name": f"武汉{word}某某商贸有限公司"}, lines=[line])

    async def _drain(self, shops: list[Issuing]) -> None:
        """Until the authority has had its last word; refused uploads are put right and sent again meanwhile."""
        deadline = time.monotonic() + self.drain_seconds
        while time.monotonic() < deadline:
            refused, is_open = [], 0
            for shop in shops:
                async with transaction(shop.worker_pool) as tx:
                    is_open += await tx.fetchval(OPEN, shop.tenant)
                    refused += [(shop, row["id"]) for row in await tx.fetch(REFUSED, shop.tenant)]
            for shop, invoice in refused:
                headers = {"idempotency-key": f"again-{invoice}"}
                url, body = f"/v1/invoices/{invoice}/resubmit", {"reason": "已更正"}
                (await shop.client.post(url, json=body, headers=headers)).raise_for_status()
            if not refused and not is_open:
                return
            await asyncio.sleep(0.3)


async def _outage(bureau: SandboxProgram, mode: str, seller: str) -> None:
    """Nothing goes through for this seller until an operator has put it right."""
    order = {"mode": mode, "count": 1_000_000, "seller": seller}
    await asyncio.to_thread(bureau.post, "/control/faults", order)
    await asyncio.sleep(OUTAGE_SECONDS)
    await asyncio.to_thread(bureau.post, "/control/faults", order | {"count": 0})


async def _post(shop: Issuing, body: dict[str, Any]) -> None:
    """As a good client does: the same key until there is an answer."""
    for _ in range(600):
        answer = await shop.post(body, body["reference"])
        if answer.status_code == 201:
            return
        assert answer.json()["retryable"], answer.text
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)


@asynccontextmanager
async def _at_work(shop: Issuing, database: Database, bureau: SandboxProgram) -> AsyncIterator[None]:
    """The loops that deal with the authority, for all sellers; numbers and quota are there before the first invoice."""
    settings = make_settings(database.worker)
    async with aiohttp.ClientSession() as http:
        connector = BureauConnector(http, f"http://127.0.0.1:{bureau.port}", 1.0)
        worker = AuthorityWorker(shop.worker_pool, connector, settings, current_rules)
        supply = SupplyWorker(shop.worker_pool, connector, settings)
        await supply.stock_numbers()
        await supply.learn_quotas()
        callbacks = CallbackWorker(shop.worker_pool)
        steps = [*[worker.settle] * LOOPS, supply.stock_numbers, supply.learn_quotas, callbacks.step]
        stop = asyncio.Event()
        tasks = [asyncio.create_task(_turn(step, stop)) for step in steps]
        yield
        stop.set()
        await asyncio.gather(*tasks)


async def _turn(step: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        if not await step():
            await asyncio.sleep(0.1)


async def _compare(shop: Issuing, bureau: SandboxProgram) -> Row:
    async with transaction(shop.worker_pool) as tx:
        book = {row["number"]: tuple(row)[1:] for row in await tx.fetch(BOOK, shop.tenant)}
        asked, rejected = await tx.fetchrow(COUNTS, shop.tenant) or (0, 0)
        stuck = await tx.fetchval(OPEN, shop.tenant)
    held = [item for item in await asyncio.to_thread(_held, shop, bureau) if item["status"] == "issued"]
    theirs = {item["number"]: (item["amount"], item["tax"], item["amount_with_tax"]) for item in held}
    invoices = {item["serial"][:32] for item in held}
    return Row(
        channel=shop.taxpayer.channel,
        asked=asked,
        issued=len(book),
        at_bureau=len(held),
        rejected=rejected,
        twins=2 * len(held) - len(theirs) - len(invoices),
        unequal=len(set(book.items()) ^ set(theirs.items())),
        stuck=stuck,
        amount=_sum(book.values()),
        amount_at_bureau=_sum(theirs.values()),
    )


def _held(shop: Issuing, bureau: SandboxProgram) -> list[dict[str, Any]]:
    path = f"/control/invoices?seller={shop.taxpayer.seller.tax_id}&limit=1000"
    items: list[dict[str, Any]] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = bureau.get(f"{path}&cursor={cursor}")[1]
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def _sum(amounts: Any) -> str:
    fen = sum(int(amount.replace(".", "")) for amount, _, _ in amounts)
    return f"{fen // 100}.{fen % 100:02}"


def print_table(rehearsal: Rehearsal, rows: list[Row], seconds: float) -> None:
    words = ", ".join(f"{mode} {count}" for mode, count in sorted(rehearsal.words.items()))
    struck = rehearsal.words.total()
    print(f"seed {rehearsal.seed}: {rehearsal.invoices} invoices, {struck} with a fault, {seconds:.0f} s")
    print(f"{words}; and a closed session and an outage of {OUTAGE_SECONDS} s each for one seller")
    statuses = ", ".join(f"{count} with {status}" for status, count in sorted(rehearsal.callbacks.items()))
    print(f"callbacks, most of them false or repeated, answered: {statuses or 'none'}\n")
    print("| " + " | ".join(Row._fields) + " | verdict |")
    print("|" + "---|" * (len(Row._fields) + 1))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + f" | {'good' if row.is_good else 'BROKEN'} |")


async def _main(rehearsal: Rehearsal) -> int:
    open_run()
    try:
        with shared_server("postgres") as server, tempfile.TemporaryDirectory() as folder:
            async with database_maker(server) as make:
                began = time.monotonic()
                rows = await rehearsal.run(await make("invoice"), Path(folder))
                print_table(rehearsal, rows, time.monotonic() - began)
                return 0 if all(row.is_good for row in rows) else 1
    finally:
        close_run()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.faults", description=__doc__)
    parser.add_argument("--invoices", type=int, default=10_000)
    parser.add_argument("--percent", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return asyncio.run(_main(Rehearsal(options.invoices, options.percent, options.seed)))


if __name__ == "__main__":
    sys.exit(main())
