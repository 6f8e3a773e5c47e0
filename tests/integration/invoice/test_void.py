"""`POST /v1/invoices/{id}/void`: no kind that is issued here can be voided, and the refusal says what can be done."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def void(shop: Issuing, invoice_id: str, body: Any = None, **headers: str) -> Any:
    headers = headers or {"idempotency-key": uuid4().hex}
    return await shop.client.post(f"/v1/invoices/{invoice_id}/void", json=body or {}, headers=headers)


async def test_void_digital_invoice_is_refused_with_the_way_out(shop: Issuing) -> None:
    invoice = (await shop.post(make_body())).json()
    problem = await void(shop, invoice["id"])
    assert problem.status_code == 409
    refused = problem.json()
    assert refused["code"] == "invoice-not-voidable"
    assert (refused["kind"], refused["possible_until"]) == ("digital_ordinary", None)
    assert refused["alternative"] == "POST /v1/invoices/{id}/red-forms"
    assert "电子发票（普通发票）" in refused["detail_zh"]
    assert (await shop.client.get(f"/v1/invoices/{invoice['id']}")).json() == invoice


async def test_void_needs_a_key_a_known_invoice_and_no_fields(shop: Issuing) -> None:
    invoice = (await shop.post(make_body())).json()
    assert (await void(shop, invoice["id"], **{"x-nothing": "1"})).status_code == 400
    assert (await void(shop, str(uuid4()))).status_code == 404
    assert (await void(shop, "1")).status_code == 422
    assert (await void(shop, invoice["id"], {"why": "x"})).status_code == 422
    path, headers = f"/v1/invoices/{invoice['id']}/void", {"idempotency-key": "bare"}
    assert (await shop.client.post(path, headers=headers)).status_code == 409


async def test_void_pending_invoice_says_to_wait_for_the_number(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop:
        invoice = (await shop.post(make_body())).json()
        refused = (await void(shop, invoice["id"])).json()
    assert refused["invoice_status"] == "pending"
    assert "Once it has its number" in refused["detail"]
