"""Red-letter forms and red invoices through HTTP, the worker and the real sandbox bureau."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.databases import connected
from libs.common.db import transaction
from services.invoice.domain.invoice import NumberChannel
from services.invoice.store.reconciliation import check_invoices, check_quotas, check_reversals
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.invoice.correcting import Correcting, correcting
from tests.unit.invoice.making import INVOICES, worked_body


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=20)
    program.start()
    yield program
    program.stop()


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def make_worked() -> dict[str, Any]:
    return worked_body(INVOICES["W01"])


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_worked_chain_of_reds_comes_back_to_the_cent(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_worked())
        lines = [{"line_no": 1, "quantity": "5"}, {"line_no": 3, "quantity": "1"}]
        form = await desk.open_form(blue["id"], lines=lines)
        assert (form["state"], form["state_name"], form["invoice_id"]) == ("01", "无需确认", blue["id"])
        assert len(form["confirmation_number"]) == 18
        assert len(form["uuid"]) == 32
        posted = await desk.issue_red(form)
        first = await desk.wait_for(f"/v1/invoices/{posted['id']}", authority="confirmed")
        assert first["totals"]["amount_with_tax"] == "-1957.72"
        assert first["totals"]["amount_with_tax_words"] == INVOICES["W10"]["totals"]["amount_incl_words"]
        assert first["red"] == {
            "blue_id": blue["id"],
            "blue_number": blue["number"],
            "form_id": form["id"],
            "confirmation_number": form["confirmation_number"],
            "reason": "goods_returned",
        }
        assert first["remarks"].startswith(f"被红冲蓝字数电发票号码：{blue['number']} ")
        assert form["confirmation_number"] in first["remarks"]
        assert f",{first['number']},-1957.72," in first["qr_text"]
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "partial"
        second = await desk.reverse(blue["id"])
        assert [line["tax"] for line in second["lines"]] == ["-78.71", "-30.33", "-338.00"]
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "full"
        refused = await desk.post(
            f"/v1/invoices/{blue['id']}/red-forms",
            {"reason": "allowance", "lines": [{"line_no": 1, "amount": "0.01"}]},
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing-left-to-reverse")
        quota = await desk.get("/v1/quota")
        assert (quota["used"], quota["reserved"]) == ("0.00", "0.00")
        events = await desk.show()
        assert events.count("invoice.reversed.v1") == 2
        items = (await desk.get("/v1/invoices?consistent=true&reversal=full"))["items"]
        assert [item["id"] for item in items] == [blue["id"]]
        reds = {item["id"]: item["red"] for item in (await desk.get("/v1/invoices"))["items"]}
        assert reds[first["id"]] == first["red"]
        assert reds[blue["id"]] is None
        timeline = (await desk.get(f"/v1/invoices/{blue['id']}/timeline"))["items"]
        assert [item["type"] for item in timeline].count("invoice.reversed.v1") == 2


async def test_red_invoice_can_be_neither_reversed_nor_reissued(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        red = await desk.reverse((await desk.issue_blue(make_body()))["id"])
        answer = await desk.post(f"/v1/invoices/{red['id']}/red-forms", {"reason": "goods_returned"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice-not-reversible")
        answer = await desk.post(f"/v1/invoices/{red['id']}/reissue", make_body())
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice-not-reversible")


async def test_open_forms_hold_what_they_take(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        form = await desk.open_form(blue["id"], lines=[{"line_no": 1, "quantity": "8"}])
        body = {"reason": "goods_returned", "lines": [{"line_no": 1, "quantity": "5"}]}
        answer = await desk.post(f"/v1/invoices/{blue['id']}/red-forms", body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "red-exceeds-left")
        assert (await desk.post(f"/v1/red-forms/{form['id']}/revoke")).json()["state"] == "08"
        assert (await desk.post(f"/v1/invoices/{blue['id']}/red-forms", body)).status_code == 201


async def test_used_invoice_waits_for_the_buyer(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        desk.control("usage", {"number": blue["number"], "usage": "deducted"})
        form = await desk.open_form(blue["id"])
        assert (form["state"], form["state_name"]) == ("02", "销方录入待购方确认")
        assert form["expires_at"] is not None
        for action in ("issue", "confirm", "reject"):
            answer = await desk.post(f"/v1/red-forms/{form['id']}/{action}")
            assert (answer.status_code, answer.json()["code"]) == (409, "red-form-state-conflict")
        desk.control("red-forms", {"number": blue["number"], "action": "confirm"})
        await desk.wait_for(f"/v1/red-forms/{form['id']}", state="04")
        assert (await desk.issue_red(form))["red"]["form_id"] == form["id"]
        answer = await desk.post(f"/v1/red-forms/{form['id']}/issue")
        assert (answer.status_code, answer.json()["code"]) == (409, "red-form-state-conflict")


async def test_buyer_who_rejects_sets_the_amounts_free(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        desk.control("usage", {"number": blue["number"], "usage": "booked"})
        form = await desk.open_form(blue["id"])
        desk.control("red-forms", {"number": blue["number"], "action": "reject"})
        await desk.wait_for(f"/v1/red-forms/{form['id']}", state="05")
        assert (await desk.open_form(blue["id"]))["state"] == "02"


async def test_form_expires_after_72_hours(database: MakeDatabase, bureau: SandboxProgram) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        desk.control("usage", {"number": blue["number"], "usage": "booked"})
        form = await desk.open_form(blue["id"])
        desk.control("clock", {"offset_seconds": 72 * 3600 + 1})
        try:
            await desk.wait_for(f"/v1/red-forms/{form['id']}", state="07")
        finally:
            desk.control("clock", {"offset_seconds": 0})


async def test_same_key_twice_makes_one_form_and_one_red(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        path, body = f"/v1/invoices/{blue['id']}/red-forms", {"reason": "issued_in_error"}
        first, again = await desk.post(path, body, "key"), await desk.post(path, body, "key")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert (await desk.post(path, {"reason": "allowance"}, "key")).status_code == 422
        assert (await desk.shop.client.post(path, json=body)).json()["code"] == "idempotency-key-missing"
        path = f"/v1/red-forms/{first.json()['id']}/issue"
        first, again = await desk.post(path, None, "key"), await desk.post(path, None, "key")
        assert (again.status_code, again.content) == (201, first.content)
        assert len((await desk.get("/v1/red-forms"))["items"]) == 1


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_reissue_takes_the_old_back_and_links_both(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_body())
        body = make_body(buyer={"name": "武汉更正商贸有限公司"}, reference="SO-2")
        answer = await desk.post(f"/v1/invoices/{blue['id']}/reissue", body, "key")
        assert answer.status_code == 201, answer.text
        new = answer.json()
        assert (new["replaces"], new["buyer"]["name"]) == (blue["id"], "武汉更正商贸有限公司")
        assert (await desk.post(f"/v1/invoices/{blue['id']}/reissue", body, "key")).content == answer.content
        await desk.wait_for(f"/v1/invoices/{new['id']}", authority="confirmed")
        old = await desk.wait_for(f"/v1/invoices/{blue['id']}", reversal="full")
        assert old["replaced_by"] == new["id"]


async def test_reissue_of_a_used_invoice_waits_as_a_draft(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body())
        desk.control("usage", {"number": blue["number"], "usage": "booked"})
        answer = await desk.post(f"/v1/invoices/{blue['id']}/reissue", make_body(reference="SO-2"))
        assert (answer.status_code, answer.json()["status"]) == (202, "draft")
        new = answer.json()
        assert (await desk.get(f"/v1/invoices/{new['id']}"))["replaces"] == blue["id"]
        desk.control("red-forms", {"number": blue["number"], "action": "confirm"})
        issued = await desk.wait_for(f"/v1/invoices/{new['id']}", status="issued")
        assert issued["replaces"] == blue["id"]
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "full"


async def test_reissue_that_cannot_be_issued_leaves_the_old_as_it_was(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_body(reference="SO-1"))
        answer = await desk.post(f"/v1/invoices/{blue['id']}/reissue", make_body(reference="SO-1"))
        assert (answer.status_code, answer.json()["code"]) == (409, "duplicate-reference")
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "none"
        (form,) = (await desk.get("/v1/red-forms"))["items"]
        assert form["state"] == "08"


async def find_form(desk: Correcting, **wanted: Any) -> dict[str, Any]:
    for _ in range(3000):
        for form in (await desk.get("/v1/red-forms"))["items"]:
            if all(form[name] == value for name, value in wanted.items()):
                found: dict[str, Any] = form
                return found
        await asyncio.sleep(0.02)
    raise AssertionError(wanted)


async def test_form_that_the_buyer_entered_is_confirmed_here(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_worked())
        desk.control("usage", {"number": blue["number"], "usage": "booked"})
        desk.control("red-forms", {"number": blue["number"], "action": "apply"})
        form = await find_form(desk, state="03")
        assert (form["initiator"], form["invoice_id"]) == ("buyer", blue["id"])
        assert form["totals"]["amount_with_tax"] == f"-{blue['totals']['amount_with_tax']}"
        assert (await desk.post(f"/v1/red-forms/{form['id']}/issue")).status_code == 409
        assert (await desk.post(f"/v1/red-forms/{form['id']}/confirm")).json()["state"] == "04"
        red = await desk.issue_red(form)
        await desk.wait_for(f"/v1/invoices/{red['id']}", authority="confirmed")
        assert (await desk.get(f"/v1/invoices/{blue['id']}"))["reversal"] == "full"


async def test_form_that_the_buyer_entered_is_rejected_here(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_worked())
        desk.control("red-forms", {"number": blue["number"], "action": "apply"})
        form = await find_form(desk, state="03")
        assert (await desk.post(f"/v1/red-forms/{form['id']}/reject")).json()["state"] == "06"
        assert (await desk.open_form(blue["id"]))["state"] == "01"


@pytest.mark.parametrize("channel", list(NumberChannel))
async def test_red_invoice_that_the_bureau_issued_by_itself_is_adopted(
    database: MakeDatabase, bureau: SandboxProgram, channel: NumberChannel
) -> None:
    async with correcting(database, bureau, channel) as desk:
        blue = await desk.issue_blue(make_body())
        form = await desk.open_form(blue["id"])
        number = desk.control("red-forms", {"number": blue["number"], "action": "issue"})["red_number"]
        await desk.wait_for(f"/v1/invoices/{blue['id']}", reversal="full")
        used = await desk.get(f"/v1/red-forms/{form['id']}")
        red = await desk.get(f"/v1/invoices/{used['red_invoice_id']}")
        assert (red["number"], red["authority"]["state"], red["red"]["form_id"]) == (
            number,
            "confirmed",
            form["id"],
        )
        assert (await desk.get("/v1/quota"))["used"] == "0.00"


async def test_reconciler_agrees_with_reds_and_drafts_and_finds_a_wrong_reversal(
    database: MakeDatabase, bureau: SandboxProgram
) -> None:
    async with correcting(database, bureau) as desk:
        blue = await desk.issue_blue(make_worked())
        await desk.reverse(blue["id"], lines=[{"line_no": 1, "quantity": "5"}])
        used = await desk.issue_blue(make_body())
        desk.control("usage", {"number": used["number"], "usage": "booked"})
        await desk.post(f"/v1/invoices/{used['id']}/reissue", make_body(reference="SO-2"))
        await desk.show()
        async with transaction(desk.shop.worker_pool) as tx:
            assert [
                each for each in await check_invoices(tx, (UUID(int=0), UUID(int=0)), 100) if each.broken
            ] == []
            assert (await check_quotas(tx), await check_reversals(tx)) == ([], [])
        async with connected(desk.shop.superuser) as connection:
            await connection.execute("update invoices set reversal = 'full' where id = $1", blue["id"])
        async with transaction(desk.shop.worker_pool) as tx:
            assert [str(found) for _, found in await check_reversals(tx)] == [blue["id"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"reason": "mistake"}, 422),
        ({"reason": "allowance", "lines": []}, 422),
        ({"reason": "allowance", "lines": [{"line_no": 1}]}, 422),
        ({"reason": "allowance", "lines": [{"line_no": 1, "amount": 1.5}]}, 422),
        ({"reason": "allowance", "lines": [{"line_no": 1, "amount": "-1.00"}]}, 422),
        ({"reason": "allowance", "lines": [{"line_no": "1", "amount": "1.00"}]}, 422),
        ({"reason": "allowance", "lines": [{"line_no": 10**30, "amount": "1.00"}]}, 422),
        ({"reason": "allowance", "remarks": "备" * 383}, 422),
        ({"reason": "allowance", "colour": "red"}, 422),
        ([], 422),
    ],
)
async def test_hostile_request_is_refused_and_takes_nothing(
    shop: Issuing, body: dict[str, Any], status: int
) -> None:
    blue = (await shop.post(make_body())).json()
    path = f"/v1/invoices/{blue['id']}/red-forms"
    answer = await shop.client.post(path, json=body, headers={"idempotency-key": "key"})
    assert (answer.status_code, bool(answer.json()["title_zh"])) == (status, True)
    assert (await shop.client.get("/v1/red-forms")).json()["items"] == []


async def test_forms_and_invoices_of_others_are_not_found(shop: Issuing) -> None:
    unknown, headers = uuid4(), {"idempotency-key": "key"}
    for method, path in [
        ("GET", f"/v1/red-forms/{unknown}"),
        ("POST", f"/v1/red-forms/{unknown}/confirm"),
        ("POST", f"/v1/red-forms/{unknown}/issue"),
        ("POST", f"/v1/invoices/{unknown}/red-forms"),
    ]:
        body = {"reason": "allowance"} if "invoices" in path else None
        answer = await shop.client.request(method, path, json=body, headers=headers)
        assert (path, answer.status_code) == (path, 404)
