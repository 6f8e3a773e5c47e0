"""Lists, search and timeline: fed by the service's own events, current on request."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def show(shop: Issuing) -> None:
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))


async def search(shop: Issuing, **parameters: Any) -> Any:
    response = await shop.client.get("/v1/invoices", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def references(shop: Issuing, **parameters: Any) -> list[str]:
    return [item["reference"] for item in (await search(shop, **parameters))["items"]]


async def issue_varied(shop: Issuing) -> list[dict[str, Any]]:
    bodies = [
        make_body(reference="A-1", tags=["spring"]),
        make_body(
            reference="B-2",
            kind="digital_special",
            buyer={"name": "杭州青禾软件有限公司", "tax_id": "91420106MA4L123460"},
            remarks="百分号 50%_折扣",
        ),
        make_body(
            reference="C-3",
            buyer={"name": "个人", "is_individual": True},
            lines=[
                {
                    "name": "燕麦",
                    "tax_class_code": "1010101070000000000",
                    "tax_rate": "0.09",
                    "amount": "100.00",
                }
            ],
        ),
    ]
    invoices = [(await shop.post(body)).json() for body in bodies]
    await show(shop)
    return invoices


async def test_list_filters_find_exactly_what_fits(shop: Issuing) -> None:
    first, second, _ = await issue_varied(shop)
    assert await references(shop) == ["C-3", "B-2", "A-1"]
    assert await references(shop, sort="issued_at") == ["A-1", "B-2", "C-3"]
    assert await references(shop, sort="amount") == ["C-3", "A-1", "B-2"]
    assert await references(shop, sort="-number") == ["C-3", "B-2", "A-1"]
    assert await references(shop, number=first["number"]) == ["A-1"]
    assert await references(shop, kind="digital_special") == ["B-2"]
    assert await references(shop, buyer="青禾") == ["B-2"]
    assert await references(shop, tax_id=second["buyer"]["tax_id"]) == ["B-2"]
    assert await references(shop, tag="spring") == ["A-1"]
    assert await references(shop, amount_from="109.00", amount_to="109.00") == ["C-3"]
    assert await references(shop, issued_from=first["issue_date"], issued_to=first["issue_date"]) == [
        "C-3",
        "B-2",
        "A-1",
    ]
    assert await references(shop, issued_to="2020-01-01T00:00:00Z") == []
    assert await references(shop, q="燕麦 个人") == ["C-3"]
    assert await references(shop, q="50%_") == ["B-2"]
    assert await references(shop, q="%") == ["B-2"]
    assert await references(shop, reference="A-1", status="issued", reversal="none") == ["A-1"]


async def test_list_pages_cover_every_row_once_in_each_order(shop: Issuing) -> None:
    await asyncio.gather(*(shop.post(make_body(reference=f"R-{n}")) for n in range(7)))
    await show(shop)
    for sort in ("-issued_at", "issued_at", "-amount", "amount", "-number", "number"):
        seen: list[str] = []
        cursor = None
        while True:
            page = await search(shop, sort=sort, limit=3, **({"cursor": cursor} if cursor else {}))
            seen += [item["reference"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(seen) == [f"R-{n}" for n in range(7)], sort
        assert len(seen) == 7


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "100000000000000000000"},
        {"cursor": "forged"},
        {"cursor": "WyJpc3N1ZWRfYXQi"},
        {"tenant_id": "x"},
        {"offset": "-5"},
        {"issued_from": "0001-01-01T00:00:00+14:00"},
        {"issued_from": "9999-12-31T23:59:59-14:00"},
        {"issued_from": "2026-11-24T00:00:00"},
        {"amount_from": "1e400"},
        {"amount_from": "NaN"},
        {"q": "a\x00b"},
        {"sort": "tenant_id"},
        {"status": "gone"},
    ],
)
async def test_list_unsound_parameter_is_refused(shop: Issuing, parameters: dict[str, str]) -> None:
    response = await shop.client.get("/v1/invoices", params=parameters)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["pointer"].startswith("?")


async def test_list_consistent_waits_for_the_callers_own_write(shop: Issuing) -> None:
    await shop.post(make_body(reference="A-1"))
    assert await references(shop) == []
    behind = await search(shop)
    waiting = asyncio.create_task(references(shop, consistent="true"))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    await show(shop)
    assert await waiting == ["A-1"]
    assert (await search(shop))["as_of"] > behind["as_of"]


async def test_list_of_another_tenant_is_empty(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made) as shop, issuing(made) as other:
        await issue_varied(shop)
        assert await references(other) == []


async def test_timeline_tells_who_asked_under_which_request(shop: Issuing) -> None:
    headers = {"idempotency-key": "k", "x-request-id": "erp-4711"}
    invoice = (await shop.client.post("/v1/invoices", json=make_body(), headers=headers)).json()
    await show(shop)
    timeline = (await shop.client.get(f"/v1/invoices/{invoice['id']}/timeline")).json()
    (entry,) = timeline["items"]
    assert (entry["service"], entry["type"], entry["request_id"]) == (
        "invoice",
        "invoice.issued.v1",
        "erp-4711",
    )
    assert entry["actor"].startswith("api_key:")
    assert invoice["number"] in entry["summary_zh"]
