"""Special businesses through HTTP: answered as given, refused with pointers; personal data stays on the invoice."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.common.db import transaction
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.unit.invoice.test_invoice_special_business import (
    CONSTRUCTION,
    FREIGHT,
    JOURNEY,
    LEASE,
    PASSENGERS,
    SALE,
)


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


@pytest.mark.parametrize("business", [CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS])
async def test_special_business_is_answered_as_given(shop: Issuing, business: dict[str, Any]) -> None:
    answer = await shop.post(make_body(special_business=business))
    invoice = answer.json()
    assert answer.status_code == 201, invoice
    assert invoice["special_business"] == business
    again = await shop.client.get(f"/v1/invoices/{invoice['id']}")
    assert again.json()["special_business"] == business


async def test_special_business_with_errors_is_told_each_in_both_languages(shop: Issuing) -> None:
    body = make_body(special_business={**CONSTRUCTION, "management_number": ""})
    answer = await shop.post(body)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert error["pointer"] == "/special_business/management_number"
    assert "跨区域涉税事项报验管理编号" in error["detail_zh"]
    assert "management number" in error["detail"]


async def test_special_business_not_supported_is_refused_by_name(shop: Issuing) -> None:
    answer = await shop.post(make_body(special_business={"type": "toll", "plate": "鄂A12345"}))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "special-business-not-supported")
    assert "通行费" in error["detail_zh"]


async def test_identity_number_of_a_passenger_stands_only_on_the_invoice(shop: Issuing) -> None:
    """It travels in the document that is printed, never in an event's envelope or in another event field."""
    await shop.post(make_body(special_business=PASSENGERS))
    async with transaction(shop.worker_pool) as tx:
        (event,) = await tx.fetch("select subject, correlation_id, type, payload from outbox")
    payload = json.loads(event["payload"])
    business = payload["invoice"].pop("special_business")
    assert business == PASSENGERS
    number = JOURNEY["document_number"]
    assert number not in f"{event['subject']} {event['correlation_id']} {event['type']} {payload}"


async def test_refused_passenger_is_not_told_the_number_back(shop: Issuing) -> None:
    wrong = {**JOURNEY, "document_number": "110101199003071239"}
    answer = await shop.post(make_body(special_business={**PASSENGERS, "rows": [wrong]}))
    assert answer.status_code == 422
    assert "110101199003071239" not in answer.text
