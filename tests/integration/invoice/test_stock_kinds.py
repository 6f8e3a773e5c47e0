"""Paper and tax-control kinds: issued at once under code and number of the taxpayer's stock, on either channel."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId, new_id
from services.invoice.commands.record_history import chain_history
from services.invoice.consumers import HANDLERS
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import CHECKED, STOCKED, InvoiceKind
from services.invoice.domain.qr import crc16
from services.invoice.errors import NumbersExhausted
from services.invoice.queries.authority_figures import load_figures
from services.invoice.store.entitlement import consume_stock
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, add_stock, issuing, make_body, make_taxpayer

KINDS = sorted(STOCKED)
QR_KINDS = {
    InvoiceKind.PAPER_SPECIAL: "01",
    InvoiceKind.PAPER_ORDINARY: "04",
    InvoiceKind.TAX_CONTROL_SPECIAL: "20",
    InvoiceKind.TAX_CONTROL_ORDINARY: "10",
}


async def wait_for_lock(pool: Pool) -> None:
    """Until some transaction waits for another."""
    for _ in range(6000):
        async with transaction(pool) as tx:
            if await tx.fetchval("select exists (select from pg_locks where not granted)"):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing waits")


async def ledger_of(shop: Issuing, code: str, **parameters: str) -> Any:
    answer = await shop.client.get("/v1/number-ledger", params={"code": code, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("channel", list(NumberChannel))
@pytest.mark.parametrize("kind", KINDS)
async def test_stock_kind_is_issued_at_once_under_code_and_number(
    database: MakeDatabase, kind: InvoiceKind, channel: NumberChannel
) -> None:
    async with issuing(await database("invoice"), channel=channel) as shop:
        code = await add_stock(shop.worker_pool, shop.taxpayer, kind, 3, first=7)
        posted = await shop.post(make_body(kind=kind))
        assert posted.status_code == 201, posted.text
        invoice = posted.json()
        assert (invoice["status"], invoice["code"], invoice["number"]) == ("issued", code, "00000007")
        assert invoice["authority"]["channel"] == "local_blocks"
        check_code = invoice["check_code"]
        assert (check_code is not None) == (kind in CHECKED)
        day = invoice["issue_date"].replace("-", "")
        before_crc = f"01,{QR_KINDS[kind]},{code},00000007,1038.00,{day},{check_code or ''},"
        assert invoice["qr_text"] == before_crc + crc16(before_crc)
        assert (await shop.client.get(f"/v1/invoices/{invoice['id']}")).json() == invoice
        quota = (await shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"]) == ("1038.00", "0.00")


async def test_dry_run_of_a_stock_kind_takes_no_number(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        code = await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 3)
        tried = (await shop.post(make_body(kind="paper_ordinary"), dry_run=True)).json()
        assert [tried[name] for name in ("code", "number", "check_code", "qr_text")] == [None] * 4
        assert (await ledger_of(shop, code))["counts"]["allocated"] == 3


async def test_stock_kinds_and_digital_ones_at_the_same_time_use_their_own_numbers(
    database: MakeDatabase,
) -> None:
    async with issuing(await database("invoice"), numbers=50) as shop:
        codes = {kind: await add_stock(shop.worker_pool, shop.taxpayer, kind, 30) for kind in KINDS}
        wanted = [*KINDS, InvoiceKind.DIGITAL_ORDINARY] * 10
        answers = await asyncio.gather(*(shop.post(make_body(kind=kind)) for kind in wanted))
        assert {answer.status_code for answer in answers} == {201}
        found = [answer.json() for answer in answers]
        assert [each["kind"] for each in found] == wanted
        for kind, code in codes.items():
            of_kind = [each for each in found if each["kind"] == kind]
            assert {each["code"] for each in of_kind} == {code}
            assert sorted(each["number"] for each in of_kind) == [f"{place:08}" for place in range(1, 11)]
            counts = (await ledger_of(shop, code))["counts"]
            assert (counts["used"], counts["allocated"], counts["unexplained"]) == (10, 20, 0)
        assert {each["code"] for each in found if each["kind"] == "digital_ordinary"} == {None}


async def test_stock_is_taken_across_blocks_and_refused_when_used_up(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        kind = InvoiceKind.TAX_CONTROL_ORDINARY
        await add_stock(shop.worker_pool, shop.taxpayer, kind, 2)
        await add_stock(shop.worker_pool, shop.taxpayer, kind, 2, first=100)
        answers = await asyncio.gather(*(shop.post(make_body(kind=kind)) for _ in range(6)))
        issued = sorted(each.json()["number"] for each in answers if each.status_code == 201)
        assert issued == ["00000001", "00000002", "00000100", "00000101"]
        refused = [each.json() for each in answers if each.status_code != 201]
        assert {(each["status"], each["code"], each["kind"]) for each in refused} == {
            (503, "numbers-exhausted", kind)
        }
        quota = (await shop.client.get("/v1/quota")).json()
        assert quota["used"] == "4152.00"


async def test_stock_taken_by_two_transactions_at_once_has_neither_gap_nor_double(
    database: MakeDatabase,
) -> None:
    async with issuing(await database("invoice")) as shop:
        kind, pool, now = InvoiceKind.PAPER_ORDINARY, shop.worker_pool, utc_now()
        await add_stock(pool, shop.taxpayer, kind, 5)
        await add_stock(pool, shop.taxpayer, kind, 5, first=100)
        wanted: dict[str, Any] = {"amount": Decimal(1), "day": shanghai_day(now)}

        async def take_behind(count: int) -> list[str]:
            async with transaction(pool) as tx:
                taken = await consume_stock(tx, shop.taxpayer, kind, count=count, **wanted)
                return [number.number for number in taken.numbers if number is not None]

        async with transaction(pool) as tx:
            first = await consume_stock(tx, shop.taxpayer, kind, count=4, **wanted)
            second = asyncio.create_task(take_behind(3))
            await wait_for_lock(pool)
        assert [number.number for number in first.numbers if number] == [
            f"{place:08}" for place in range(1, 5)
        ]
        assert await second == ["00000005", "00000100", "00000101"]
        with pytest.raises(NumbersExhausted):
            await take_behind(4)
        assert await take_behind(3) == ["00000102", "00000103", "00000104"]


async def test_same_number_under_codes_of_two_tenants_is_two_invoices(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        kind = InvoiceKind.PAPER_SPECIAL
        code = await add_stock(shop.worker_pool, shop.taxpayer, kind, 1)
        other = await make_taxpayer(
            shop.worker_pool,
            TenantId(new_id()),
            channel=NumberChannel.LOCAL_BLOCKS,
            numbers=0,
            quota="1000.00",
        )
        other_code = await add_stock(shop.worker_pool, other, kind, 1)
        assert code != other_code
        assert (await shop.post(make_body(kind=kind))).json()["number"] == "00000001"
        async with transaction(shop.worker_pool) as tx:
            left = await tx.fetchval("select next_number from number_blocks where code = $1", other_code)
        assert left == 1


async def test_special_stock_kinds_need_an_organisation_and_bar_exempt_lines(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        exempt = {**make_body()["lines"][0], "tax_rate": "0", "policy": "exempt"}
        for kind in (InvoiceKind.PAPER_SPECIAL, InvoiceKind.TAX_CONTROL_SPECIAL):
            person = await shop.post(make_body(kind=kind, buyer={"name": "张三", "is_individual": True}))
            assert person.status_code == 422
            assert {error["code"] for error in person.json()["errors"]} == {
                "buyer-tax-id-required",
                "buyer-not-organisation",
            }
            refused = await shop.post(make_body(kind=kind, lines=[exempt]))
            assert [error["code"] for error in refused.json()["errors"]] == ["not-on-special"]


async def test_stock_kind_without_stock_is_blocked_in_the_catalogue_until_it_comes(
    database: MakeDatabase,
) -> None:
    async with issuing(await database("invoice")) as shop:
        await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 5)
        items = (await shop.client.get("/v1/invoice-kinds")).json()["items"]
        kinds = {item["kind"]: item for item in items}
        assert (kinds["paper_ordinary"]["allowed"], kinds["paper_ordinary"]["numbers_left"]) == (True, 5)
        waiting = kinds["paper_special"]
        assert waiting["reason_code"] == "blocked_by_unfinished_operation"
        assert waiting["blocking_draft"]
        assert (kinds["digital_ordinary"]["allowed"], kinds["digital_ordinary"]["numbers_left"]) == (
            True,
            5000,
        )
        await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_SPECIAL, 1)
        again = {item["kind"]: item for item in (await shop.client.get("/v1/invoice-kinds")).json()["items"]}
        assert again["paper_special"]["allowed"]


async def test_stock_left_is_measured_for_whoever_is_entitled(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        path, kinds = (
            f"/v1/taxpayers/{shop.taxpayer.id}",
            ["digital_ordinary", "paper_ordinary", "paper_special"],
        )
        assert (await shop.client.patch(path, json={"kinds": kinds})).status_code == 200
        await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 7)
        now = utc_now()
        async with transaction(shop.worker_pool) as tx:
            figures = await load_figures(tx, now=now, year=now.year, period=f"{now:%Y%m}")
        assert figures.stock_left == {"paper_ordinary": 7, "paper_special": 0}
        assert figures.numbers_left == 5000


async def test_stock_kind_not_entitled_is_refused_as_such(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        path = f"/v1/taxpayers/{shop.taxpayer.id}"
        assert (await shop.client.patch(path, json={"kinds": ["digital_ordinary"]})).status_code == 200
        refused = await shop.post(make_body(kind="paper_ordinary"))
        assert (refused.status_code, refused.json()["code"]) == (422, "kind-not-entitled")


async def test_ledger_lists_stock_by_code_and_leaves_digital_numbers_as_they_are(
    database: MakeDatabase,
) -> None:
    async with issuing(await database("invoice"), numbers=10) as shop:
        code = await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 4)
        invoice = (await shop.post(make_body(kind="paper_ordinary"))).json()
        page = await ledger_of(shop, code, limit="2")
        assert [(item["code"], item["number"], item["state"]) for item in page["items"]] == [
            (code, "00000001", "used"),
            (code, "00000002", "allocated"),
        ]
        assert page["items"][0]["invoice_id"] == invoice["id"]
        assert page["codes"] == [code]
        rest = await ledger_of(shop, code, cursor=page["next_cursor"])
        assert [item["number"] for item in rest["items"]] == ["00000003", "00000004"]
        some = await ledger_of(shop, code, **{"from": "00000002", "to": "3"})
        assert some["counts"]["numbers"] == 2
        digital = (await shop.client.get("/v1/number-ledger")).json()
        assert digital["counts"]["numbers"] == 10
        assert {item["code"] for item in digital["items"]} == {None}
        for odd in ("1", "12345678901", "x" * 10):
            assert (await shop.client.get("/v1/number-ledger", params={"code": odd})).status_code == 422


async def test_invoice_of_stock_is_found_by_its_number_and_by_code_and_number_together(
    database: MakeDatabase,
) -> None:
    async with issuing(await database("invoice")) as shop:
        found: dict[str, dict[str, Any]] = {}
        for kind in (InvoiceKind.PAPER_SPECIAL, InvoiceKind.PAPER_ORDINARY):
            await add_stock(shop.worker_pool, shop.taxpayer, kind, 5)
            found[kind] = (await shop.post(make_body(kind=kind))).json()
        digital = (await shop.post(make_body())).json()
        await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
        special, ordinary = found[InvoiceKind.PAPER_SPECIAL], found[InvoiceKind.PAPER_ORDINARY]

        async def find(**filters: str) -> list[str]:
            answer = await shop.client.get("/v1/invoices", params=filters)
            assert answer.status_code == 200, answer.text
            return sorted(item["id"] for item in answer.json()["items"])

        assert await find(number="00000001") == sorted([special["id"], ordinary["id"]])
        for invoice in (special, ordinary):
            assert await find(number=f"{invoice['code']}00000001") == [invoice["id"]]
            assert await find(number="00000001", code=invoice["code"]) == [invoice["id"]]
            assert await find(code=invoice["code"]) == [invoice["id"]]
        assert await find(number=digital["number"]) == [digital["id"]]
        assert await find(number=f"{ordinary['code']}00000002") == []
        steps = (await shop.client.get(f"/v1/invoices/{ordinary['id']}/timeline")).json()["items"]
        assert f"{ordinary['code']} 00000001" in steps[0]["summary_zh"]
        checked = await shop.client.post(
            "/v1/invoice-checks", json={"number": "00000001", "code": special["code"]}
        )
        assert checked.json()["invoice_id"] == special["id"]
        whole = await shop.client.post("/v1/invoice-checks", json={"number": f"{special['code']}00000001"})
        assert whole.json()["invoice_id"] == special["id"]
        latest = await shop.client.post("/v1/invoice-checks", json={"number": "00000001"})
        assert latest.json()["invoice_id"] == ordinary["id"]


async def test_issue_of_stock_leaves_code_and_number_in_the_history(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        await add_stock(shop.worker_pool, shop.taxpayer, InvoiceKind.PAPER_ORDINARY, 5)
        invoice = (await shop.post(make_body(kind="paper_ordinary"))).json()
        await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
        async with transaction(shop.worker_pool) as tx:
            await chain_history(tx)
        changes = (await shop.client.get(f"/v1/invoices/{invoice['id']}/history")).json()["items"]
        told = {change["field"]: change["new"] for change in changes}
        assert (told["code"], told["number"]) == (invoice["code"], "00000001")
