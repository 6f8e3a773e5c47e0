"""A red invoice frees quota in the month of its blue one, and in later months nothing (domain: quota by month)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.common.db import transaction
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import make_body
from tests.helpers.moving_clock import MovingClock
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.correcting import Correcting, correcting


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[SandboxProgram]:
    program = SandboxProgram("bureau", tmp_path, OFP_BUREAU_ISSUE_DELAY_MILLIS=20)
    program.start()
    yield program
    program.stop()


async def move(clock: MovingClock, desk: Correcting, moment: datetime) -> None:
    """Our clock and the bureau's; the new month's quota is learnt."""
    clock.now = moment
    desk.control("clock", {"offset_seconds": clock.offset_seconds})
    await desk.supply.learn_quotas()


async def used(desk: Correcting, period: str) -> tuple[str, str]:
    """Here and at the bureau."""
    seller = desk.shop.taxpayer.seller.tax_id
    async with transaction(desk.shop.worker_pool) as tx:
        ours = await tx.fetchval("select used::text from quotas where period = $1", period)
    return ours, desk.bureau.get(f"/v1/quota?seller={seller}&period={period}")[1]["used"]


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_red_of_an_earlier_months_blue_frees_nothing(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    clock = MovingClock(datetime(2026, 11, 29, 4, tzinfo=UTC))
    bureau.post("/control/clock", {"offset_seconds": clock.offset_seconds})
    with clock.installed():
        async with correcting(database, bureau, channel) as desk:
            early, same = [await desk.issue_blue(make_body()) for _ in range(2)]
            assert await used(desk, "202611") == ("2076.00", "2076.00")
            await desk.reverse(same["id"])
            assert await used(desk, "202611") == ("1038.00", "1038.00")
            await move(clock, desk, datetime(2026, 12, 2, 4, tzinfo=UTC))
            red = await desk.reverse(early["id"])
            assert red["issue_date"] == "2026-12-02"
            assert await used(desk, "202611") == ("1038.00", "1038.00")
            assert await used(desk, "202612") == ("0.00", "0.00")


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_form_of_one_month_issued_in_the_next_frees_nothing(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    """What counts is the day of the red invoice, not that of its form; Shanghai's midnight divides."""
    clock = MovingClock(datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    bureau.post("/control/clock", {"offset_seconds": clock.offset_seconds})
    with clock.installed():
        async with correcting(database, bureau, channel) as desk:
            blue = await desk.issue_blue(make_body())
            form = await desk.open_form(blue["id"])
            await move(clock, desk, datetime(2026, 11, 30, 16, 1, tzinfo=UTC))
            red = await desk.issue_red(form)
            await desk.wait_for(f"/v1/invoices/{red['id']}", authority="confirmed")
            assert await used(desk, "202611") == ("1038.00", "1038.00")
            assert await used(desk, "202612") == ("0.00", "0.00")
