"""The directory of buyers: learnt from events, suggested while typing, and asked when a tax id is wrong."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.tax_ids import make_identity_card, make_tax_id

WUHAN = {"name": "武汉晴川数码科技有限公司", "tax_id": make_tax_id(11), "address": "珞喻路1号"}
TECH = {"name": "晴川科技（杭州）有限公司", "tax_id": make_tax_id(12)}


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def sell(shop: Issuing, *buyers: dict[str, Any]) -> None:
    """Issue to each, and let the service hear of it."""
    for buyer in buyers:
        assert (await shop.post(make_body(buyer=buyer))).status_code == 201
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))


async def suggest(shop: Issuing, **parameters: Any) -> Any:
    answer = await shop.client.get("/v1/buyers", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_buyers_are_learnt_once_each_with_count_and_latest_contact(shop: Issuing) -> None:
    await sell(shop, WUHAN, WUHAN, {**WUHAN, "address": "珞喻路2号"})
    await sell(shop, WUHAN | {"address": "珞喻路3号"})
    (buyer,) = (await suggest(shop))["items"]
    assert (buyer["name"], buyer["tax_id"], buyer["invoice_count"]) == (WUHAN["name"], WUHAN["tax_id"], 4)
    assert buyer["address"] == "珞喻路3号"


async def test_natural_persons_are_not_collected(shop: Issuing) -> None:
    await sell(
        shop,
        {"name": "张三", "is_individual": True},
        {"name": "李四", "tax_id": make_identity_card()},
    )
    assert (await suggest(shop))["items"] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("晴川", [TECH["name"], WUHAN["name"]]),
        ("武汉", [WUHAN["name"]]),
        ("科技", [TECH["name"], WUHAN["name"]]),
        (WUHAN["tax_id"][:9].lower(), [TECH["name"], WUHAN["name"]]),
        (WUHAN["tax_id"][-8:], [WUHAN["name"]]),
        ("%", []),
        ("_", []),
        ("北京", []),
    ],
)
async def test_suggestions_begin_with_what_begins_with_the_text(
    shop: Issuing, text: str, names: list[str]
) -> None:
    await sell(shop, WUHAN, TECH)
    assert [item["name"] for item in (await suggest(shop, q=text))["items"]] == names


async def test_suggestions_go_on_page_by_page(shop: Issuing) -> None:
    await sell(shop, *({"name": f"武汉第{n}公司", "tax_id": make_tax_id(n)} for n in range(5)))
    first = await suggest(shop, q="公司", limit=3)
    rest = await suggest(shop, q="公司", limit=3, cursor=first["next_cursor"])
    names = [item["name"] for item in first["items"] + rest["items"]]
    assert names == [f"武汉第{n}公司" for n in (4, 3, 2, 1, 0)]
    assert rest["next_cursor"] is None


async def test_directory_of_another_tenant_is_empty(shop: Issuing, database: MakeDatabase) -> None:
    await sell(shop, WUHAN)
    async with issuing(await database("invoice")) as other:
        assert (await suggest(other, q="武汉"))["items"] == []


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "q=%00", "colour=red", "cursor=WzEsMl0"])
async def test_strange_query_is_refused(shop: Issuing, query: str) -> None:
    assert (await shop.client.get(f"/v1/buyers?{query}")).status_code == 422


@pytest.mark.parametrize("parameters", [{}, {"dry_run": "true"}])
async def test_wrong_check_digit_is_explained_and_the_near_buyer_named(
    shop: Issuing, parameters: dict[str, str]
) -> None:
    await sell(shop, WUHAN)
    right = WUHAN["tax_id"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    answer = await shop.post(make_body(buyer={**WUHAN, "tax_id": wrong}), **parameters)
    problem = answer.json()
    (error,) = problem["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (
        422,
        "/buyer/tax_id",
        "tax-id-check-digit",
    )
    assert f"check digit {right[-1]}" in error["detail"]
    assert f"应为 {right[-1]}" in error["detail_zh"]
    assert right in error["detail"]
    assert right in error["detail_zh"]
    assert problem["did_you_mean"] == [{"name": WUHAN["name"], "tax_id": right}]


async def test_wrong_check_digit_without_a_near_buyer_is_only_explained(shop: Issuing) -> None:
    await sell(shop, WUHAN)
    answer = await shop.post(make_body(buyer={"name": "甲", "tax_id": "91110108MA01KPGP0L"}))
    assert answer.status_code == 422
    assert "did_you_mean" not in answer.json()
    assert "check digit Q" in answer.json()["errors"][0]["detail"]
