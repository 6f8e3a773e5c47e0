"""Sums by state, saved views and shared timelines."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from libs.common.contracts.notify import DeliveryFailed
from libs.common.db import transaction
from services.invoice.consumers import HANDLERS
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.records import as_record
from tests.unit.invoice.test_invoice_special_business import PASSENGERS

IDENTITY = "110101199003071238"
EXPIRE_LINKS = "update timeline_links set expires_at = now() - interval '1 second'"


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def show(shop: Issuing) -> None:
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def test_summary_counts_and_sums_what_the_list_holds(shop: Issuing) -> None:
    empty = {"invoices": 0, "amount": "0.00", "tax": "0.00", "amount_with_tax": "0.00"}
    assert (await get(shop.client, "/v1/invoices/summary"))["total"] == empty
    for number in range(3):
        line = make_body()["lines"][0] | {"quantity": str(number + 1)}
        await shop.post(make_body(lines=[line]))
    await show(shop)
    expected = {"invoices": 3, "amount": "519.00", "tax": "67.48", "amount_with_tax": "586.48"}
    summary = await get(shop.client, "/v1/invoices/summary")
    assert summary["total"] == summary["today"] == summary["this_month"] == expected
    assert summary["by_status"] == {"issued": expected}
    assert summary["by_reversal"] == {"none": expected}


async def test_summary_follows_a_changed_state(shop: Issuing) -> None:
    await shop.post(make_body())
    await show(shop)
    async with transaction(shop.worker_pool) as tx:
        await tx.execute("update invoice_views set reversal = 'full', authority_state = 'confirmed'")
    summary = await get(shop.client, "/v1/invoices/summary")
    assert {state: sums["invoices"] for state, sums in summary["by_reversal"].items()} == {"full": 1}
    assert list(summary["by_authority_state"]) == ["confirmed"]
    assert summary["total"]["invoices"] == 1


async def test_saved_view_is_kept_changed_and_forgotten_by_its_owner(shop: Issuing) -> None:
    body = {
        "name": "大额",
        "query": {"amount_from": "10000.00", "sort": "-amount", "kind": "digital_special"},
    }
    made = await shop.client.post("/v1/saved-views", json=body)
    assert made.status_code == 201, made.text
    view = made.json()
    assert view["query"] == body["query"]
    assert (await get(shop.client, "/v1/invoices", **view["query"]))["items"] == []
    assert (await shop.client.post("/v1/saved-views", json=body)).status_code == 409
    async with make_client(shop.app, await grant_api_key(shop.worker_pool, shop.tenant)) as colleague:
        assert (await get(colleague, "/v1/saved-views"))["items"] == []
        path = f"/v1/saved-views/{view['id']}"
        assert (await shop.client.put(path, json=body | {"shared": True})).json()["shared"] is True
        assert (await get(colleague, "/v1/saved-views"))["items"][0]["name"] == "大额"
        assert (await colleague.put(path, json=body)).status_code == 404
        assert (await colleague.delete(path)).status_code == 404
    assert (await shop.client.delete(path)).status_code == 204
    assert (await get(shop.client, "/v1/saved-views"))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "query": {}},
        {"name": "x", "query": {"tenant_id": "x"}},
        {"name": "x", "query": {"sort": "secret"}},
        {"name": "x", "query": {"issued_from": "yesterday"}},
        {"name": "x"},
    ],
)
async def test_saved_view_unsound_body_is_refused(shop: Issuing, body: dict[str, Any]) -> None:
    assert (await shop.client.post("/v1/saved-views", json=body)).status_code == 422


async def share(shop: Issuing, invoice: str, **body: Any) -> httpx.Response:
    return await shop.client.post(f"/v1/invoices/{invoice}/timeline-links", json=body)


def stranger(shop: Issuing) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=shop.app), base_url="http://test")


async def test_shared_timeline_shows_the_steps_and_no_names(shop: Issuing) -> None:
    issued = (await shop.post(make_body())).json()
    await shop.client.post(f"/v1/invoices/{issued['id']}/notes", json={"text": "内部备注"})
    await show(shop)
    made = await share(shop, issued["id"], expires_in=3600)
    assert made.status_code == 201, made.text
    path = httpx.URL(made.json()["url"]).path
    async with stranger(shop) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["buyer"] == "武***司"
    assert [step["actor"] for step in answer.json()["items"]] == ["api_key"]
    assert answer.json()["items"][0]["summary_zh"].startswith("已开具")
    for secret in (issued["number"], issued["buyer"]["name"], str(shop.tenant), "备注"):
        assert secret not in answer.text


async def test_shared_timeline_and_lists_of_a_journey_show_nothing_of_the_traveller(shop: Issuing) -> None:
    buyer = {"name": "旅客王小明", "tax_id": IDENTITY, "is_individual": True, "mobile": "13800138000"}
    body = make_body(
        buyer=buyer | {"email": "wang@example.cn", "phone": "027-12345678"},
        special_business=PASSENGERS,
        deliver={"channels": ["email"], "to": {"email": "traveller@example.cn"}},
    )
    answer = await shop.post(body)
    assert answer.status_code == 201, answer.text
    issued = answer.json()
    await show(shop)
    facts = {"number": issued["number"], "reference": "", "delivery_id": uuid4(), "channel": "email"}
    failed = DeliveryFailed(**facts, masked_to="t***@example.cn", reason="traveller@example.cn: no such user")
    await deliver(
        shop.worker_pool, HANDLERS, [as_record(failed, tenant=shop.tenant, subject=UUID(issued["id"]))]
    )
    made = await share(shop, issued["id"])
    async with stranger(shop) as client:
        shared = await client.get(httpx.URL(made.json()["url"]).path)
    assert [step["summary_zh"] for step in shared.json()["items"]] == ["已开具", "发送失败"]
    listed = await shop.client.get("/v1/invoices", params={"q": "王小明"})
    assert len(listed.json()["items"]) == 1
    document = PASSENGERS["rows"][0]["document_number"]
    for secret in (document, "13800138000", "example.cn", "027-12345678"):
        assert secret not in shared.text
        assert secret not in listed.text
        assert (await get(shop.client, "/v1/invoices", q=secret))["items"] == []
    for secret in ("小明", IDENTITY):
        assert secret not in shared.text


async def test_shared_timeline_wrong_or_expired_link_is_not_found(shop: Issuing) -> None:
    issued = (await shop.post(make_body())).json()
    path = httpx.URL((await share(shop, issued["id"])).json()["url"]).path
    async with stranger(shop) as client:
        wrong = await client.get(path[:-1] + ("A" if path[-1] != "A" else "B"))
        async with transaction(shop.worker_pool) as tx:
            await tx.execute(EXPIRE_LINKS)
        expired = await client.get(path)
    assert wrong.status_code == expired.status_code == 404
    assert wrong.json()["code"] == expired.json()["code"] == "not-found"


async def test_shared_timeline_is_bounded_in_time_and_to_own_invoices(shop: Issuing) -> None:
    issued = (await shop.post(make_body())).json()
    assert (await share(shop, issued["id"], expires_in=7 * 24 * 3600 + 1)).status_code == 422
    assert (await share(shop, issued["id"], expires_in="3600")).status_code == 422
    assert (await share(shop, str(uuid4()))).status_code == 404
