"""The catalogue of kinds for one taxpayer, and the entitlement that an administrator sets."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import transaction
from services.invoice.store.connector import Due
from services.invoice.store.number_block import order_blocks
from tests.helpers.credentials import ALL_SCOPES, grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.in_process import make_client
from tests.helpers.invoicing import Issuing, issuing, make_body


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice"), numbers=1) as opened:
        yield opened


async def kinds_of(shop: Issuing) -> dict[str, dict[str, Any]]:
    answer = (await shop.client.get("/v1/invoice-kinds")).json()
    assert answer["taxpayer_id"] == str(shop.taxpayer.id)
    return {item["kind"]: item for item in answer["items"]}


async def set_kinds(shop: Issuing, *kinds: str) -> Any:
    return await shop.client.patch(f"/v1/taxpayers/{shop.taxpayer.id}", json={"kinds": list(kinds)})


async def test_kinds_catalogue_says_why_and_what_to_do(shop: Issuing) -> None:
    kinds = await kinds_of(shop)
    assert len(kinds) == 19
    assert kinds["digital_special"]["allowed"]
    assert kinds["digital_special"]["corrections"] == ["red"]
    assert kinds["paper_special"]["corrections"] == ["void", "red"]
    assert kinds["paper_special"]["void_window"] == "month_of_issue"
    assert "until the end of its month of issue" in kinds["paper_special"]["correction"]
    assert "不可作废" in kinds["tax_control_ordinary"]["correction_zh"]
    assert kinds["freight_special"]["reason_code"] == "retired"
    assert kinds["freight_special"]["corrections"] == []
    assert kinds["motor_vehicle"]["reason_code"] == "not_configured"
    for item in kinds.values():
        texts = [item[name] for name in ("reason", "reason_zh", "remedy", "remedy_zh", "reason_code")]
        assert item["allowed"] != all(texts)
        assert item["explanation"]
        assert item["explanation_zh"]
        assert item["correction"]
        assert item["correction_zh"]
        assert item["example"]
        assert item["example_zh"]
        assert item["is_voidable"] == (item["void_window"] is not None)


async def test_kind_not_entitled_is_named_in_the_catalogue_and_refused(shop: Issuing) -> None:
    changed = await set_kinds(shop, "digital_special")
    assert changed.json()["kinds"] == ["digital_special"]
    ordinary = (await kinds_of(shop))["digital_ordinary"]
    assert (ordinary["allowed"], ordinary["reason_code"]) == (False, "not_entitled")
    refused = await shop.post(make_body())
    assert refused.status_code == 422
    assert refused.json()["code"] == "kind-not-entitled"
    assert refused.json()["reason_code"] == "not_entitled"
    await set_kinds(shop, "digital_ordinary", "digital_special", "digital_ordinary")
    issued = await shop.post(make_body())
    assert issued.status_code == 201, issued.json()


async def test_kind_is_blocked_while_no_number_is_left_and_an_order_open(shop: Issuing) -> None:
    issued = await shop.post(make_body())
    assert issued.status_code == 201
    now = utc_now()
    async with transaction(shop.worker_pool) as tx:
        due = [Due(shop.tenant, shop.taxpayer.id)]
        await order_blocks(tx, due, [shanghai_day(now).year], reorder_below=1, now=now)
        order = await tx.fetchval("select id from number_blocks where first_number is null")
    item = (await kinds_of(shop))["digital_ordinary"]
    assert item["reason_code"] == "blocked_by_unfinished_operation"
    assert item["blocking_draft"] == str(order)


@pytest.mark.parametrize("body", [{"kinds": []}, {"kinds": ["toll"]}, {"kinds": ["x"]}, {}, {"kind": "toll"}])
async def test_kinds_change_that_cannot_be_is_refused(shop: Issuing, body: dict[str, Any]) -> None:
    response = await shop.client.patch(f"/v1/taxpayers/{shop.taxpayer.id}", json=body)
    assert response.status_code == 422, response.json()


async def test_kinds_change_needs_the_scope_and_a_taxpayer_of_the_tenant(shop: Issuing) -> None:
    body = {"kinds": ["digital_special"]}
    assert (await shop.client.patch(f"/v1/taxpayers/{uuid4()}", json=body)).status_code == 404
    secret = await grant_api_key(shop.worker_pool, shop.tenant, scopes=set(ALL_SCOPES) - {"taxpayer:write"})
    async with make_client(shop.app, secret) as weaker:
        response = await weaker.patch(f"/v1/taxpayers/{shop.taxpayer.id}", json=body)
    assert response.status_code == 403
