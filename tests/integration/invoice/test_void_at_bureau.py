"""Voids of real paper invoices through HTTP, the worker and the real sandbox bureau; both books agree afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.common.db import transaction
from services.invoice.commands.record_history import chain_history
from services.invoice.store.reconciliation import check_invoices, check_quotas
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


def paper_body(**changes: Any) -> dict[str, Any]:
    return make_body(kind="paper_ordinary", **changes)


async def void(desk: Correcting, invoice: dict[str, Any], body: Any = None) -> Any:
    return await desk.post(f"/v1/invoices/{invoice['id']}/void", body or {})


def held(desk: Correcting) -> dict[str, str]:
    """What the bureau holds: status by whole number."""
    seller = desk.shop.taxpayer.seller.tax_id
    items = desk.bureau.get(f"/control/invoices?seller={seller}&limit=1000")[1]["items"]
    return {f"{item['code'] or ''}{item['number']}": item["status"] for item in items}


def whole_number(invoice: dict[str, Any]) -> str:
    return f"{invoice['code']}{invoice['number']}"


async def quotas(desk: Correcting) -> tuple[str, str]:
    """Used by our books and by the bureau's."""
    seller = desk.shop.taxpayer.seller.tax_id
    return (await desk.get("/v1/quota"))["used"], desk.bureau.get(f"/v1/quota?seller={seller}")[1]["used"]


async def test_void_of_a_paper_invoice_leaves_both_books_equal(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        kept = await desk.issue_blue(paper_body(remarks="kept"))
        invoice = await desk.issue_blue(paper_body())
        assert await quotas(desk) == ("2076.00", "2076.00")
        answer = await void(desk, invoice, {"reason": "联次已全部收回"})
        assert (answer.status_code, answer.json()["status"]) == (200, "voided")
        assert await quotas(desk) == ("1038.00", "1038.00")
        assert held(desk) == {whole_number(kept): "issued", whole_number(invoice): "voided"}
        await desk.show()
        found = await desk.get("/v1/invoices?consistent=true&status=voided")
        assert [item["id"] for item in found["items"]] == [invoice["id"]]
        async with transaction(desk.shop.worker_pool) as tx:
            await chain_history(tx)
        changes = (await desk.get(f"/v1/invoices/{invoice['id']}/history"))["items"]
        last = next(change for change in changes if change["new"] == "voided")
        assert (last["field"], last["old"], last["reason"]) == ("status", "issued", "联次已全部收回")
        numbers = f"from={kept['number']}&to={invoice['number']}&code={invoice['code']}"
        ledger = await desk.get(f"/v1/number-ledger?{numbers}")
        assert [item["state"] for item in ledger["items"]] == ["used", "voided"]
        assert ledger["items"][1]["reason"] == "the authority has voided the invoice"
        assert (ledger["counts"]["voided"], ledger["unexplained"]) == (1, 0)
        async with transaction(desk.shop.worker_pool) as tx:
            assert await check_quotas(tx) == []
            page = await check_invoices(tx, (UUID(int=0), UUID(int=0)), 100)
        assert [checked.broken for checked in page] == [[], []]


async def test_void_of_an_invoice_that_the_buyer_has_used_is_refused(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        invoice = await desk.issue_blue(paper_body())
        desk.control("usage", {"number": whole_number(invoice), "usage": "deducted"})
        refused = await void(desk, invoice)
        assert (refused.status_code, refused.json()["reason_code"]) == (409, "void-used")
        assert held(desk) == {whole_number(invoice): "issued"}
        assert await quotas(desk) == ("1038.00", "1038.00")


async def test_void_after_the_month_by_the_bureaus_clock_is_refused(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        invoice = await desk.issue_blue(paper_body())
        desk.control("clock", {"offset_seconds": int(timedelta(days=32).total_seconds())})
        try:
            refused = await void(desk, invoice)
        finally:
            desk.control("clock", {"offset_seconds": 0})
        assert (refused.status_code, refused.json()["reason_code"]) == (409, "void-late")
        assert refused.json()["possible_until"] is not None


async def test_void_and_red_letter_exclude_each_other(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with correcting(database, bureau) as desk:
        invoice = await desk.issue_blue(paper_body())
        form = await desk.open_form(invoice["id"])
        assert (await void(desk, invoice)).json()["reason_code"] == "red_form_open"
        await desk.post(f"/v1/red-forms/{form['id']}/revoke")
        assert (await void(desk, invoice)).status_code == 200
        refused = await desk.post(f"/v1/invoices/{invoice['id']}/red-forms", {"reason": "goods_returned"})
        assert (refused.status_code, refused.json()["invoice_status"]) == (409, "voided")
        reversed_one = await desk.issue_blue(paper_body(remarks="red"))
        red = await desk.reverse(reversed_one["id"])
        assert (await void(desk, reversed_one)).json()["reason_code"] == "reversed"
        assert (await void(desk, red)).json()["reason_code"] == "red_invoice"


async def test_void_while_the_bureau_is_down_is_done_when_it_is_back(
    database: MakeDatabase, bureau: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.invoice.api.waiting._WAIT_SECONDS", 0.3)
    async with correcting(database, bureau) as desk:
        invoice = await desk.issue_blue(paper_body())
        fault = {"mode": "down", "seller": desk.shop.taxpayer.seller.tax_id}
        desk.control("faults", fault | {"count": 1_000_000})
        answer = await void(desk, invoice, {"reason": "开错"})
        assert (answer.status_code, answer.json()["voiding"]["reason"]) == (202, "开错")
        assert held(desk) == {whole_number(invoice): "issued"}
        desk.control("faults", fault | {"count": 0})
        await desk.wait_for(f"/v1/invoices/{invoice['id']}", status="voided")
        assert held(desk) == {whole_number(invoice): "voided"}
        assert await quotas(desk) == ("0.00", "0.00")


async def test_void_whose_answer_is_lost_is_done_once(
    database: MakeDatabase, bureau: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.invoice.api.waiting._WAIT_SECONDS", 0.3)
    async with correcting(database, bureau) as desk:
        invoice = await desk.issue_blue(paper_body())
        seller = desk.shop.taxpayer.seller.tax_id
        desk.control("faults", {"mode": "timeout_after_accept", "seller": seller, "count": 1})
        assert (await void(desk, invoice)).status_code == 202
        await desk.wait_for(f"/v1/invoices/{invoice['id']}", status="voided")
        assert held(desk) == {whole_number(invoice): "voided"}
        assert await quotas(desk) == ("0.00", "0.00")
        assert (await desk.show()).count("invoice.voided.v1") == 1
