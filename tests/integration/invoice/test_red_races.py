"""The bureau issues a form's red invoice by itself while ours is on its way: one red invoice, and equal books."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.common.db import transaction
from services.invoice.domain.invoice import NumberChannel
from services.invoice.store.reconciliation import check_invoices, check_quotas, check_reversals
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import make_body
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.correcting import Correcting, correcting


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=20)
    program.start()
    yield program
    program.stop()


@asynccontextmanager
async def cut_off(desk: Correcting) -> AsyncIterator[None]:
    """Nobody here reaches the bureau meanwhile."""
    order = {"mode": "down", "count": 1_000_000, "seller": desk.shop.taxpayer.seller.tax_id}
    desk.control("faults", order)
    yield
    desk.control("faults", order | {"count": 0})


async def issued_reds(desk: Correcting) -> list[dict[str, Any]]:
    await desk.show()
    items = (await desk.get("/v1/invoices?consistent=true&status=issued"))["items"]
    return [item for item in items if item["red"] is not None]


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_bureau_that_is_faster_leaves_one_red_and_equal_books(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_body())
        form = await desk.open_form(blue["id"])
        async with cut_off(desk):
            ours = await desk.issue_red(form)
            number = desk.control("red-forms", {"number": blue["number"], "action": "issue"})["red_number"]
        ours = await desk.wait_for(f"/v1/invoices/{ours['id']}", status="rejected")
        assert ours["authority"]["last_error"]["code"] == "red-form-not-ready"
        blue = await desk.wait_for(f"/v1/invoices/{blue['id']}", reversal="full")
        used = (await desk.get(f"/v1/red-forms/{form['id']}"))["red_invoice_id"]
        (red,) = await issued_reds(desk)
        assert (red["id"], red["number"]) == (used, number)
        quota = await desk.get("/v1/quota")
        seller = desk.shop.taxpayer.seller.tax_id
        assert (quota["used"], quota["reserved"]) == ("0.00", "0.00")
        assert bureau.get(f"/v1/quota?seller={seller}")[1]["used"] == "0.00"
        again = await desk.post(f"/v1/red-forms/{form['id']}/issue")
        assert (again.status_code, again.json()["code"]) == (409, "red-form-state-conflict")
        await assert_consistent(desk)


async def assert_consistent(desk: Correcting) -> None:
    """The reconciler finds nothing, and each number of the block is accounted for."""
    async with transaction(desk.shop.worker_pool) as tx:
        checked = await check_invoices(tx, (UUID(int=0), UUID(int=0)), 100)
        assert [each for each in checked if each.broken] == []
        assert await check_quotas(tx) == []
        assert await check_reversals(tx) == []
    ledger = await desk.get("/v1/number-ledger?limit=200")
    assert "unexplained" not in {item["state"] for item in ledger["items"]}
    rejected = (await desk.get("/v1/invoices?consistent=true&status=rejected"))["items"]
    wasted = [item["number"] for item in ledger["items"] if item["state"] == "wasted"]
    assert wasted == [item["number"] for item in rejected if item["number"]]
    assert (ledger["counts"]["wasted"], ledger["counts"]["unexplained"]) == (len(wasted), 0)


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_bureau_that_is_slower_is_refused_by_its_own_form(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_body())
        red = await desk.reverse(blue["id"])
        late = {"number": blue["number"], "action": "issue"}
        assert desk.bureau.post("/control/red-forms", late)[0] == 409
        assert [item["number"] for item in await issued_reds(desk)] == [red["number"]]
        await assert_consistent(desk)
