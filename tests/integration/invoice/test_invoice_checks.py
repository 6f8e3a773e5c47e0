"""The compliance check through HTTP: of a body as it would be issued, and of an invoice that was."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.db import transaction
from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.unit.invoice.making import INVOICES, worked_body

LINE = make_body()["lines"][0]


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def post(shop: Issuing, body: Any) -> httpx.Response:
    return await shop.client.post("/v1/invoice-checks", json=body)


async def check(shop: Issuing, **changes: Any) -> Any:
    answer = await post(shop, {"invoice": make_body(**changes)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(report: Any) -> list[tuple[str, str, str]]:
    assert all(finding["detail"] and finding["detail_zh"] for finding in report["findings"])
    return [(finding["severity"], finding["pointer"], finding["code"]) for finding in report["findings"]]


async def test_sound_invoice_passes_with_its_totals_and_pack(shop: Issuing) -> None:
    report = await check(shop)
    assert (report["passed"], report["findings"], report["rule_pack"]) == (True, [], "2026-01-01")
    assert report["totals"]["amount_with_tax"] == "1172.94"
    async with transaction(shop.worker_pool) as tx:
        assert await tx.fetchval("select count(*) from invoices") == 0


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"lines": [{**LINE, "amount": "1038.02"}]}, "/lines/0/amount", "amount-mismatch"),
        ({"lines": [{**LINE, "tax": "135.01"}]}, "/lines/0/tax", "tax-tolerance"),
        ({"totals": {"tax": "134.95"}}, "/totals/tax", "totals-mismatch"),
        ({"buyer": {"name": "甲", "tax_id": "91110108MA01KPGP0L"}}, "/buyer/tax_id", "tax-id-check-digit"),
        ({"lines": [{**LINE, "tax_rate": "0.17"}]}, "/lines/0/tax_rate", "rate-not-allowed"),
        ({"kind": "toll"}, "/kind", "kind-not-available"),
        ({"kind": "nothing"}, "/kind", "enum"),
        ({"colour": "red"}, "/colour", "extra-forbidden"),
        ({"remarks": "a\u200bb"}, "/remarks", "unprintable-character"),
        ({"special_business": {"type": "freight"}}, "/special_business/rows", "missing"),
        ({"taxpayer_id": "00000000-0000-0000-0000-000000000001"}, "/taxpayer_id", "taxpayer-unknown"),
    ],
)
async def test_error_is_found_at_its_place(
    shop: Issuing, changes: dict[str, Any], pointer: str, code: str
) -> None:
    report = await check(shop, **changes)
    assert told(report) == [("error", pointer, code)]
    assert report["passed"] is False


@pytest.mark.parametrize(
    ("line", "pointer", "code"),
    [
        (
            {"name": "*玩具*键盘", "tax_class_code": "1990000000000000000"},
            "/lines/0/tax_class_code",
            "tax-class-unknown",
        ),
        ({"name": "*玩具*键盘"}, "/lines/0/name", "short-name-differs"),
    ],
)
async def test_strange_class_is_a_warning(
    shop: Issuing, line: dict[str, Any], pointer: str, code: str
) -> None:
    report = await check(shop, lines=[{**LINE, **line}])
    assert told(report) == [("warning", pointer, code)]
    assert report["passed"] is True


async def test_every_rule_speaks_at_once(shop: Issuing) -> None:
    report = await check(
        shop,
        kind="toll",
        buyer={"name": "甲", "tax_id": "91110108MA01KPGP0L"},
        lines=[{**LINE, "tax_rate": "0.17"}, {**LINE, "name": "*玩具*键盘"}],
    )
    assert [code for _, _, code in told(report)] == [
        "kind-not-available",
        "tax-id-check-digit",
        "rate-not-allowed",
        "short-name-differs",
    ]


async def test_quota_that_does_not_cover_is_found(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), quota="1000.00") as shop:
        report = await check(shop)
        assert told(report) == [("error", "", "quota-not-covering")]
        assert "1000.00" in report["findings"][0]["detail_zh"]
        async with transaction(shop.worker_pool) as tx:
            await tx.execute("update quotas set is_suspended = true")
        assert told(await check(shop)) == [("error", "", "quota-suspended")]
        async with transaction(shop.worker_pool) as tx:
            await tx.execute("delete from quotas")
        assert told(await check(shop)) == [("warning", "", "quota-not-known")]


async def test_kind_that_the_taxpayer_is_not_entitled_to_is_found(shop: Issuing) -> None:
    async with transaction(shop.worker_pool) as tx:
        await tx.execute("update taxpayers set kinds = array['digital_special']")
    report = await check(shop)
    assert told(report) == [("error", "/kind", "taxpayer-not-entitled")]
    assert "digital_special" in report["findings"][0]["detail"]


async def test_twin_and_used_reference_are_found_with_the_earlier_invoice(shop: Issuing) -> None:
    earlier = (await shop.post(make_body(reference=None))).json()
    report = await check(shop)
    assert told(report) == [("error", "", "twin-issued-today")]
    assert earlier["number"] in report["findings"][0]["detail"]
    await shop.post(make_body(reference="SO-1"))
    assert told(await check(shop, reference="SO-1")) == [("error", "/reference", "reference-used")]


async def test_buyer_that_is_almost_a_known_one_is_suggested(shop: Issuing) -> None:
    await shop.post(make_body())
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
    known = make_body()["buyer"]
    report = await check(shop, buyer={**known, "name": "武汉某某商贸公司"}, reference="SO-2")
    assert told(report) == [("warning", "/buyer", "buyer-near-miss")]
    assert report["findings"][0]["suggestions"] == [known]


@pytest.mark.parametrize(
    "worked",
    [w for w in INVOICES.values() if w["blue"] and w["checks"]["expect"] == "accept"],
    ids=lambda w: str(w["id"]),
)
async def test_issued_invoice_is_checked_by_number_and_agrees(shop: Issuing, worked: Any) -> None:
    invoice = (await shop.post(worked_body(worked))).json()
    answer = await post(shop, {"number": invoice["number"]})
    report = answer.json()
    assert answer.status_code == 200, report
    assert [finding for finding in told(report) if finding[0] == "error"] == []
    assert (report["invoice_id"], report["totals"]) == (invoice["id"], invoice["totals"])


async def test_number_of_a_damaged_invoice_tells_what_disagrees(shop: Issuing) -> None:
    invoice = (await shop.post(make_body())).json()
    async with transaction(shop.worker_pool) as tx:
        await tx.execute("""update invoices set content = jsonb_set(content, '{lines,0,tax}', '"135.94"')""")
    report = (await post(shop, {"number": invoice["number"]})).json()
    codes = {code for _, _, code in told(report)}
    assert {"line-sums-disagree", "sums-disagree", "tax-tolerance"} <= codes
    assert report["passed"] is False


async def test_number_of_another_tenant_is_not_found(shop: Issuing, database: MakeDatabase) -> None:
    invoice = (await shop.post(make_body())).json()
    async with issuing(await database("invoice")) as other:
        assert (await post(other, {"number": invoice["number"]})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"invoice": {}, "number": "26422000000000000001"}, {"number": "1"}, {"invoice": []}, {"x": 1}],
)
async def test_request_of_another_form_is_refused(shop: Issuing, body: Any) -> None:
    answer = await post(shop, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


async def test_empty_invoice_is_told_what_is_missing(shop: Issuing) -> None:
    report = (await post(shop, {"invoice": {}})).json()
    assert [pointer for _, pointer, _ in told(report)] == ["/kind", "/buyer", "/lines"]
