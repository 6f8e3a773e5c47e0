"""How often the bureau's lists of red-letter forms are read: by whom something happens at, and at a bounded rate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from prometheus_client import REGISTRY

from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.ids import TenantId, new_id
from services.invoice.authority.callbacks import CallbackWorker
from services.invoice.authority.red_form_lists import READINGS, RedFormLists
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.red_authority import ListedForm
from services.invoice.domain.red_form import RedFormState, RegisteredForm
from services.invoice.domain.red_reasons import RedReason
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_settings, make_taxpayer
from tests.integration.invoice.test_authority_callbacks import send

NOT_HANDLED = "openfapiao_red_forms_not_handled_total"
ALL_DUE = "update connectors set forms_due_at = now() - interval '1 minute'"
DUE_IN = "select extract(epoch from forms_due_at - $2)::float8 from connectors where taxpayer_id = $1"


class Lists:
    """A bureau whose lists are empty; it counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False
        self.pages: dict[str, tuple[list[ListedForm], str | None]] = {}

    async def list_forms(self, seller: str, cursor: str) -> tuple[list[ListedForm], str | None]:
        self.asked.append(seller)
        if self.is_down:
            raise AuthorityUnavailable("down")
        return self.pages.get(cursor, ([], None))


@asynccontextmanager
async def reading(database: MakeDatabase) -> AsyncIterator[tuple[Issuing, Lists, RedFormLists]]:
    made = await database("invoice")
    lists: Any = Lists()
    async with issuing(made, numbers=0) as shop:
        yield shop, lists, RedFormLists(shop.worker_pool, lists, make_settings(made.worker))


async def due_in(shop: Issuing) -> float:
    """Seconds until the shop's list is read again."""
    async with transaction(shop.worker_pool) as tx:
        return float(await tx.fetchval(DUE_IN, shop.taxpayer.id, utc_now()))


async def execute(shop: Issuing, statement: str, *arguments: object) -> None:
    async with transaction(shop.worker_pool) as tx:
        await tx.execute(statement, *arguments)


async def test_list_is_read_the_more_seldom_the_longer_nothing_happens(database: MakeDatabase) -> None:
    async with reading(database) as (shop, lists, worker):
        for idle_seconds, expected in ((0, 2), (100, 10), (600, 60), (100_000, 120)):
            active_at = utc_now() - timedelta(seconds=idle_seconds)
            await execute(shop, "update connectors set forms_active_at = $1", active_at)
            await execute(shop, ALL_DUE)
            await worker.step()
            assert abs(await due_in(shop) - expected) < 1
        assert len(lists.asked) == 4
        await worker.step()
        assert len(lists.asked) == 4


async def test_callback_brings_the_reading_forward(database: MakeDatabase) -> None:
    async with reading(database) as (shop, lists, worker):
        await execute(shop, "update connectors set forms_due_at = now() + interval '1 hour'")
        body = {"id": "e-1", "about": "red_form", "seller": shop.taxpayer.seller.tax_id, "serial": "0" * 32}
        await send(shop, body)
        await CallbackWorker(shop.worker_pool).step()
        await worker.step()
        assert lists.asked == [shop.taxpayer.seller.tax_id]


async def test_bureau_that_is_away_is_asked_again_after_the_lease(database: MakeDatabase) -> None:
    async with reading(database) as (shop, lists, worker):
        lists.is_down = True
        await execute(shop, ALL_DUE)
        await worker.step()
        assert 5 < await due_in(shop) < 16


async def test_round_asks_for_a_bounded_number_of_lists_and_the_longest_waiting_first(
    database: MakeDatabase,
) -> None:
    async with reading(database) as (shop, lists, worker):
        for _ in range(READINGS):
            tenant = TenantId(new_id())
            channel = NumberChannel.LOCAL_BLOCKS
            await make_taxpayer(shop.worker_pool, tenant, channel=channel, numbers=0, quota="1.00")
        await execute(shop, ALL_DUE)
        last = shop.taxpayer.id
        await execute(shop, "update connectors set forms_due_at = now() where taxpayer_id = $1", last)
        assert await worker.step() is False
        assert len(lists.asked) == READINGS
        assert shop.taxpayer.seller.tax_id not in lists.asked
        await worker.step()
        assert lists.asked[READINGS:] == [shop.taxpayer.seller.tax_id]


async def test_form_that_cannot_be_adopted_holds_up_no_other_and_is_counted(database: MakeDatabase) -> None:
    registered = RegisteredForm(RedFormState("03"), "1", "1", None, None)
    odd, foreign = (
        ListedForm(new_id().hex, number, RedReason.ALLOWANCE, (), registered) for number in ("\0", "1")
    )
    counted = REGISTRY.get_sample_value(NOT_HANDLED) or 0
    async with reading(database) as (shop, lists, worker):
        lists.pages = {"": ([odd, foreign], "second"), "second": ([foreign], None)}
        await execute(shop, ALL_DUE)
        await worker.step()
        assert len(lists.asked) == 2
        async with transaction(shop.worker_pool) as tx:
            assert await tx.fetchval("select cursor from red_form_cursors") == "second"
        assert await due_in(shop) > 0
    assert REGISTRY.get_sample_value(NOT_HANDLED) == counted + 1
