"""Paper and tax-control kinds with the real sandbox bureau: stock ordered, invoices uploaded, red ones, jobs."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from libs.common.db import transaction
from services.invoice.authority.bureau import BureauConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import CHECKED, STOCKED, InvoiceKind
from services.invoice.store.reconciliation import check_invoices, check_quotas, check_reversals
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import issuing, make_body, make_settings
from tests.helpers.jobs import get_job, get_rows, make_lines, submit, work
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.correcting import Correcting, correcting

CODES = {
    InvoiceKind.PAPER_SPECIAL: r"[0-9]{4}26[0-9]{4}",
    InvoiceKind.PAPER_ORDINARY: r"0[0-9]{4}26[0-9]{3}04",
    InvoiceKind.TAX_CONTROL_SPECIAL: r"0[0-9]{4}26[0-9]{3}13",
    InvoiceKind.TAX_CONTROL_ORDINARY: r"0[0-9]{4}26[0-9]{3}11",
}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=20)
    program.start()
    yield program
    program.stop()


def held(desk: Correcting) -> list[dict[str, Any]]:
    """What the bureau holds of the seller."""
    seller = desk.shop.taxpayer.seller.tax_id
    items: list[dict[str, Any]] = desk.bureau.get(f"/control/invoices?seller={seller}&limit=1000")[1]["items"]
    return items


async def check_books(desk: Correcting) -> None:
    """Nothing contradicts itself, and the bureau has used as much quota as we."""
    async with transaction(desk.shop.worker_pool) as tx:
        checked = await check_invoices(tx, (UUID(int=0), UUID(int=0)), 1000)
        assert [each for each in checked if each.broken] == []
        assert list(await check_quotas(tx)) == []
        assert list(await check_reversals(tx)) == []
    seller = desk.shop.taxpayer.seller.tax_id
    quota = await desk.get("/v1/quota")
    assert quota["used"] == desk.bureau.get(f"/v1/quota?seller={seller}")[1]["used"]
    assert quota["reserved"] == "0.00"


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_four_kinds_are_issued_from_ordered_stock_and_confirmed(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        for kind in sorted(STOCKED):
            posted = (await desk.shop.post(make_body(kind=kind))).json()
            assert posted["status"] == "issued", posted
            invoice = await desk.wait_for(f"/v1/invoices/{posted['id']}", authority="confirmed")
            assert re.fullmatch(CODES[kind], invoice["code"])
            assert re.fullmatch(r"[0-9]{8}", invoice["number"])
            assert (invoice["check_code"] is not None) == (kind in CHECKED)
            assert invoice["qr_text"] == posted["qr_text"]
        digital = await desk.issue_blue(make_body())
        assert (digital["code"], digital["check_code"]) == (None, None)
        assert digital["authority"]["channel"] == channel
        kinds = [(item["kind"], item["status"], len(item["code"] or "")) for item in held(desk)]
        assert kinds == [
            *((kind, "issued", 10 if kind == "paper_special" else 12) for kind in sorted(STOCKED)),
            ("digital_ordinary", "issued", 0),
        ]
        await desk.show()
        await check_books(desk)


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_paper_invoice_is_taken_back_in_part_and_then_the_rest_on_paper(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_body(kind="paper_ordinary"))
        whole = f"{blue['code']}{blue['number']}"
        red = await desk.reverse(blue["id"], lines=[{"line_no": 1, "quantity": "5"}])
        assert (red["kind"], red["code"]) == ("paper_ordinary", blue["code"])
        assert int(red["number"]) == int(blue["number"]) + 1
        assert red["authority"]["channel"] == "local_blocks"
        assert (red["red"]["blue_code"], red["red"]["blue_number"]) == (blue["code"], blue["number"])
        assert red["totals"]["amount"] == "-432.50"
        assert re.search(
            rf",{red['code']},{red['number']},-432.50,[0-9]{{8}},{red['check_code']},", red["qr_text"]
        )
        assert blue["code"] in red["remarks"]
        assert blue["number"] in red["remarks"]
        rest = await desk.reverse(blue["id"])
        assert rest["totals"]["amount"] == "-605.50"
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "full"
        items = [(item["kind"], item["amount"], item["status"]) for item in held(desk)]
        assert items == [
            ("paper_ordinary", "1038.00", "issued"),
            ("paper_ordinary", "-432.50", "issued"),
            ("paper_ordinary", "-605.50", "issued"),
        ]
        await desk.show()
        await check_books(desk)
        status, _ = bureau.post("/control/red-forms", {"number": whole, "action": "issue"})
        assert status == 409


async def test_wrong_paper_invoice_is_reissued_on_paper(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        old = await desk.issue_blue(make_body(kind="paper_special"))
        body = make_body(kind="paper_special", reference="R-2", remarks="corrected")
        answer = await desk.post(f"/v1/invoices/{old['id']}/reissue", body)
        assert answer.status_code == 201, answer.text
        new_id = (await desk.wait_for(f"/v1/invoices/{old['id']}", reversal="full"))["replaced_by"]
        new = await desk.wait_for(f"/v1/invoices/{new_id}", authority="confirmed")
        assert (new["kind"], new["code"], new["replaces"]) == ("paper_special", old["code"], old["id"])
        assert int(new["number"]) == int(old["number"]) + 2
        await desk.show()
        await check_books(desk)


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_job_of_mixed_kinds_issues_each_from_its_own_numbers(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        kinds = [*sorted(STOCKED), InvoiceKind.DIGITAL_ORDINARY, InvoiceKind.DIGITAL_SPECIAL]
        bodies = [make_body(kind=kinds[place % 6], reference=f"J-{place}") for place in range(30)]
        job = (await submit(desk.shop, make_lines(bodies))).json()
        await work(desk.shop)
        done = await get_job(desk.shop, job["id"])
        assert (done["status"], done["succeeded"], done["failed"]) == ("finished", 30, 0)
        rows = await get_rows(desk.shop, job["id"])
        found = [
            await desk.wait_for(f"/v1/invoices/{row['invoice_id']}", authority="confirmed") for row in rows
        ]
        assert [each["kind"] for each in found] == [body["kind"] for body in bodies]
        assert len({(each["code"], each["number"]) for each in found}) == 30
        for kind in STOCKED:
            numbers = [int(each["number"]) for each in found if each["kind"] == kind]
            assert numbers == list(range(numbers[0], numbers[0] + 5))
        assert {item["status"] for item in held(desk)} == {"issued"}
        await desk.show()
        await check_books(desk)


async def test_table_of_stock_kinds_issues_every_row(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with correcting(database, bureau) as desk:
        headings = (
            "kind,reference,buyer.name,buyer.tax_id,line.name,line.tax_class_code,line.amount,line.tax_rate"
        )
        rows = [
            f"{kind},T-{kind},武汉某某商贸有限公司,91420100MA4K00002Y,键盘,1090511030000000000,10.00,13%"
            for kind in sorted(STOCKED)
        ]
        content = "\n".join([headings, *rows]).encode()
        job = (await submit(desk.shop, content, **{"content-type": "text/csv"})).json()
        await work(desk.shop)
        done = await get_job(desk.shop, job["id"])
        assert (done["status"], done["succeeded"]) == ("finished", 4), done
        for row in await get_rows(desk.shop, job["id"]):
            assert re.fullmatch("[0-9]{8}", row["number"])
            assert re.fullmatch("[0-9]{10}([0-9]{2})?", row["code"])


async def test_stock_is_ordered_of_entitled_kinds_and_of_a_new_one_at_once(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    made = await database("invoice")
    settings = make_settings(made.worker, stock_size=30, restock_below=10)
    channel = NumberChannel.ASSIGNED_ON_ISSUE
    async with issuing(made, channel=channel) as shop, aiohttp.ClientSession() as http:
        connector = BureauConnector(http, f"http://127.0.0.1:{bureau.port}", 2.0)
        supply = SupplyWorker(shop.worker_pool, connector, settings)
        seller = shop.taxpayer.seller.tax_id

        async def set_kinds(*kinds: str) -> None:
            body = {"kinds": list(kinds)}
            answer = await shop.client.patch(f"/v1/taxpayers/{shop.taxpayer.id}", json=body)
            assert answer.status_code == 200, answer.text

        await set_kinds("digital_ordinary")
        await supply.stock_numbers()
        assert bureau.get(f"/control/stock?seller={seller}")[1]["items"] == []
        await set_kinds("digital_ordinary", "paper_special")
        await supply.stock_numbers()
        (block,) = bureau.get(f"/control/stock?seller={seller}")[1]["items"]
        assert block["kind"] == "paper_special"
        assert int(block["last"]) == int(block["first"]) + 29
        await supply.stock_numbers()
        assert len(bureau.get(f"/control/stock?seller={seller}")[1]["items"]) == 1
        assert bureau.get(f"/control/blocks?seller={seller}")[1]["items"] == []
        assert (await shop.post(make_body(kind="paper_special"))).json()["number"] == block["first"]


async def test_used_paper_invoice_waits_for_the_buyer_and_is_then_replaced_from_stock(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau, NumberChannel.ASSIGNED_ON_ISSUE) as desk:
        old = await desk.issue_blue(make_body(kind="paper_ordinary"))
        whole = f"{old['code']}{old['number']}"
        desk.control("usage", {"number": whole, "usage": "booked"})
        body = make_body(kind="paper_ordinary", reference="R-2", remarks="corrected")
        answer = await desk.post(f"/v1/invoices/{old['id']}/reissue", body)
        draft = answer.json()
        assert (answer.status_code, draft["status"], draft["code"]) == (202, "draft", None)
        desk.control("red-forms", {"number": whole, "action": "confirm"})
        new = await desk.wait_for(f"/v1/invoices/{draft['id']}", authority="confirmed")
        assert (new["status"], new["code"], new["replaces"]) == ("issued", old["code"], old["id"])
        assert int(new["number"]) == int(old["number"]) + 2
        await desk.show()
        await check_books(desk)


async def test_form_that_the_buyer_entered_for_a_paper_invoice_is_adopted(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body(kind="tax_control_ordinary"))
        desk.control("red-forms", {"number": f"{blue['code']}{blue['number']}", "action": "apply"})
        for _ in range(3000):
            forms = (await desk.get("/v1/red-forms"))["items"]
            if forms:
                break
            await asyncio.sleep(0.02)
        (form,) = forms
        assert (form["initiator"], form["invoice_id"]) == ("buyer", blue["id"])
        assert (await desk.post(f"/v1/red-forms/{form['id']}/confirm")).status_code == 200
        await desk.wait_for(f"/v1/red-forms/{form['id']}", state="04")
