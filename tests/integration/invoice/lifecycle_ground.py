"""Where the model's steps happen: the service in process, Postgres, the bureau, and a line that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import httpx

from libs.common.clock import shanghai_day
from libs.common.db import Pool, transaction
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from services.invoice.authority.red_form_lists import RedFormLists
from services.invoice.authority.red_form_worker import RedFormWorker
from services.invoice.authority.red_forms import RedFormConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.void_worker import VoidWorker
from services.invoice.authority.voids import VoidConnector
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.commands.reissue_invoice import Reissuing
from services.invoice.consumers import HANDLERS
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import NumberChannel
from services.invoice.store.taxpayer import Taxpayer
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import Database
from tests.helpers.delivery import deliver, take_records
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, issuing, make_settings, make_taxpayer
from tests.helpers.moving_clock import MovingClock
from tests.helpers.sandbox_programs import SandboxProgram

BEGINNING = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
PROMISE = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
IS_QUOTA_DUE = "select exists (select from connectors where quota_due_at <= $1)"
NUMBERS_LEFT = """
select kind, year, (last_number - next_number + 1)::integer as numbers
from number_blocks
where tenant_id = $1 and first_number is not null
"""


class WorkerKilled(Exception):  # noqa: N818
    """The process ended while the bureau had the batch already; what it had claimed stays claimed."""


class CutLine(RedFormConnector, VoidConnector):
    """The connector; `accident` happens to the next answer, after the bureau has done what it was asked for."""

    accident: Callable[[], Awaitable[None]] | None = None

    async def _call(self, *request: Any, **more: Any) -> Any:
        answer = await super()._call(*request, **more)
        accident, self.accident = self.accident, None
        if accident is not None:
            await accident()
        return answer


class Ground:
    """One run's world: opened once; each example has a tenant of its own."""

    def __init__(self, shop: Issuing, bureau: SandboxProgram, line: CutLine, clock: MovingClock) -> None:
        self.shop, self.bureau, self.line, self.clock = shop, bureau, line, clock
        settings = make_settings("postgresql://none", block_size=6, reorder_below=8)
        pool = shop.worker_pool
        self.authority = AuthorityWorker(pool, line, settings, current_rules)
        self.forms = RedFormWorker(pool, line, settings, Reissuing(current_rules, PROMISE))
        self.form_lists = RedFormLists(pool, line, settings)
        self.voids = VoidWorker(pool, line, settings)
        self.supply_worker = SupplyWorker(pool, line, settings, lambda: clock.now)

    async def open_tenant(self, channel: NumberChannel) -> "Trade":
        self.clock.now = BEGINNING
        self.set_bureau_clock()
        tenant = TenantId(new_id())
        taxpayer = await make_taxpayer(
            self.shop.worker_pool, tenant, channel=channel, numbers=0, quota="100000000000.00"
        )
        client = make_client(self.shop.app, await grant_api_key(self.shop.worker_pool, tenant))
        return Trade(self, taxpayer, client)

    def control(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        return self.bureau.post(f"/control/{path}", body)

    def set_bureau_clock(self) -> None:
        self.control("clock", {"offset_seconds": self.clock.offset_seconds})

    def pass_time(self, by: timedelta) -> None:
        """Here and at the bureau, which need not know of every second."""
        day = shanghai_day(self.clock.now)
        self.clock.move(by)
        if by >= timedelta(minutes=1) or shanghai_day(self.clock.now) != day:
            self.set_bureau_clock()

    async def supply(self) -> None:
        """Numbers and quotas that are due, those of tenants of earlier examples included."""
        is_due = True
        while is_due:
            await self.supply_worker.stock_numbers()
            await self.supply_worker.learn_quotas()
            async with transaction(self.shop.worker_pool) as tx:
                is_due = await tx.fetchval(IS_QUOTA_DUE, self.clock.now)

    async def move_to(self, moment: datetime) -> None:
        self.clock.now = moment
        self.set_bureau_clock()
        await self.supply()


class Trade:
    """One tenant's business."""

    def __init__(self, ground: Ground, taxpayer: Taxpayer, client: httpx.AsyncClient) -> None:
        self.ground, self.taxpayer, self.client = ground, taxpayer, client
        self.delivered: list[Record] = []

    @property
    def pool(self) -> Pool:
        return self.ground.shop.worker_pool

    async def post(
        self, path: str, body: Any = None, key: str | None = None, **parameters: Any
    ) -> httpx.Response:
        headers = {"idempotency-key": key or uuid4().hex}
        return await self.client.post(path, json=body, headers=headers, params=parameters)

    async def post_while_forms_go(
        self, path: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """A request that waits for the bureau's word on a form, while the worker speaks to it."""
        request = asyncio.create_task(self.post(path, body, key))
        while not request.done():
            await self.step_forms()
            await asyncio.wait([request], timeout=0.01)
        return await request

    async def step_forms(self) -> None:
        self.ground.pass_time(2 * SECOND)
        await self.ground.forms.step()
        await self.ground.voids.step()

    async def round(self, accident: str) -> None:
        """One round of the authority's worker, which may come to harm."""
        self.ground.line.accident = self._accidents[accident]
        try:
            await self.ground.authority.settle()
        except WorkerKilled:
            # Nobody gives the lease back; it ends.
            self.ground.pass_time(timedelta(minutes=1))
        self.ground.line.accident = None

    @property
    def _accidents(self) -> dict[str, Callable[[], Awaitable[None]] | None]:
        return {
            "none": None,
            "answer lost": self._lose,
            "worker killed": self._kill,
            "answer late": self._overtake,
        }

    async def _lose(self) -> None:
        """As after a timeout: the bureau has done it and says so once more, to nobody."""
        raise AuthorityUnavailable("cut")

    async def _kill(self) -> None:
        raise WorkerKilled

    async def _overtake(self) -> None:
        """The lease ends while the answer is on its way; another worker settles the business before."""
        self.ground.pass_time(timedelta(minutes=1))
        await self.ground.authority.settle()

    async def settle(self) -> None:
        """Until the bureau's word on everything is final."""
        for _ in range(60):
            await self.step_forms()
            await self.ground.form_lists.step()
            await self.ground.authority.settle()
            if not await self.fetch("select from submissions where tenant_id = $1"):
                break
            self.ground.pass_time(timedelta(minutes=2))
            await self.ground.supply()
        else:
            raise AssertionError("some business with the bureau never ends")

    async def consume(self) -> None:
        records = await take_records(self.pool)
        self.delivered += records
        await deliver(self.pool, HANDLERS, records)

    async def redeliver(self, first: int) -> None:
        """From some place on, as after an offset that was not committed."""
        await deliver(self.pool, HANDLERS, self.delivered[first:])

    async def get(self, path: str) -> Any:
        return (await self.client.get(path)).json()

    async def list_forms(self) -> list[dict[str, Any]]:
        forms: list[dict[str, Any]] = (await self.get("/v1/red-forms?limit=200"))["items"]
        return forms

    async def read_list(self, known: set[str]) -> list[dict[str, Any]]:
        """Forms that are new in the bureau's list, once it is read again."""
        for _ in range(60):
            await self.ground.form_lists.step()
            if found := [form for form in await self.list_forms() if form["id"] not in known]:
                return found
            self.ground.pass_time(timedelta(minutes=1))
        raise AssertionError("the list is not read")

    async def count_numbers(self, year: int, kind: str) -> int:
        """How many are left for the kind; the bureau never runs out of those that it gives itself."""
        is_paper = kind.startswith("paper")
        if self.taxpayer.channel is not NumberChannel.LOCAL_BLOCKS and not is_paper:
            return 1000
        rows = await self.fetch(NUMBERS_LEFT)
        return sum(
            row["numbers"] for row in rows if (row["kind"] or row["year"]) == (kind if is_paper else year)
        )

    async def fetch(self, statement: str) -> list[Any]:
        async with transaction(self.pool) as tx:
            return list(await tx.fetch(statement, self.taxpayer.tenant))

    def at_bureau(self, path: str, **query: str) -> Any:
        pairs = "&".join(f"{name}={value}" for name, value in query.items())
        status, answer = self.ground.bureau.get(f"{path}?seller={self.taxpayer.seller.tax_id}&{pairs}")
        assert status == 200, answer
        return answer


@asynccontextmanager
async def open_ground(database: Database, bureau: SandboxProgram) -> AsyncIterator[Ground]:
    clock = MovingClock(BEGINNING)
    with clock.installed():
        async with issuing(database) as shop, aiohttp.ClientSession() as http:
            line = CutLine(http, f"http://127.0.0.1:{bureau.port}", 5.0)
            yield Ground(shop, bureau, line, clock)
