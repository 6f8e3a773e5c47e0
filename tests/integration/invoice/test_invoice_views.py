"""Lists, search and timeline: fed by the service's own events, current on request."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.common.contracts import Contract
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import (
    DocumentFailed,
    DocumentsReady,
    ReadyDocument,
    StoredObject,
)
from libs.common.contracts.support import TicketChanged, TicketOpened
from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.records import as_record


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
        {"issued_from": "0001-01-01"},
        {"issued_from": "0001-01-01T00:00:00+14:00"},
        {"issued_from": "0001-01-01T07:59:00+08:00"},
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


async def test_as_of_is_the_oldest_change_that_the_views_lack(shop: Issuing) -> None:
    first = (await shop.post(make_body(reference="A-1"))).json()
    await shop.post(make_body(reference="B-2"))
    early, late = await take_records(shop.worker_pool)
    await deliver(shop.worker_pool, HANDLERS, [late])
    behind = await search(shop)
    assert [item["reference"] for item in behind["items"]] == ["B-2"]
    assert behind["as_of"] <= first["issued_at"]
    await deliver(shop.worker_pool, HANDLERS, [early])
    assert (await search(shop))["as_of"] > first["issued_at"]


async def test_timeline_tells_of_documents_deliveries_and_tickets_each_once(shop: Issuing) -> None:
    issued = (await shop.post(make_body())).json()
    await show(shop)
    facts: dict[str, Any] = {"number": issued["number"], "reference": issued["reference"]}
    delivery: dict[str, Any] = {"delivery_id": uuid4(), "channel": "email", "masked_to": "a***@example.cn"}
    ticket: dict[str, Any] = {"ticket_id": uuid4(), "ticket_number": 7}
    payloads: list[Contract] = [
        DocumentFailed(format="ofd", reason="no glyph", reason_zh="缺字", **facts),
        DeliveryFailed(reason="no such user", **delivery, **facts),
        DeliverySent(message_id="<1@openfapiao>", **delivery, **facts),
        TicketOpened(title="迟到", opened_by="platform", **ticket, **facts),
        TicketChanged(change="closed", state="closed", actor="user:1", **ticket, **facts),
    ]
    sequences: dict[str, count[int]] = defaultdict(lambda: count(1))
    records = [
        as_record(
            payload,
            tenant=shop.tenant,
            subject=UUID(issued["id"]),
            sequence=next(sequences[payload.TYPE.partition(".")[0]]),
        )
        for payload in payloads
    ]
    for _ in range(2):
        await deliver(shop.worker_pool, HANDLERS, records)
    timeline = (await shop.client.get(f"/v1/invoices/{issued['id']}/timeline")).json()["items"]
    assert sorted(entry["type"] for entry in timeline[1:]) == sorted(payload.TYPE for payload in payloads)
    texts = " ".join(entry["summary_zh"] for entry in timeline)
    for told in (
        "OFD 生成失败：缺字",
        "已发送：email a***@example.cn",
        "已创建工单 #7",
        "工单 #7：closed",
    ):
        assert told in texts


def _ready(version: int, *formats: str) -> tuple[ReadyDocument, ...]:
    place = StoredObject(bucket="b", key="k", version_id="v", offset=0, length=9)
    return tuple(
        ReadyDocument(format=name, version=version, sha256=f"{name}-{version}", size=9, object=place)
        for name in formats
    )


async def test_documents_stand_alike_in_list_and_invoice_the_pdf_first(shop: Issuing) -> None:
    issued = (await shop.post(make_body())).json()
    await show(shop)
    facts: dict[str, Any] = {"number": issued["number"], "reference": issued["reference"] or ""}
    assert (await search(shop))["items"][0]["documents"] == [
        {"format": "pdf", "state": "pending", "sha256": None, "size": None, "version": 1}
    ]
    payloads: list[Contract] = [
        DocumentFailed(format="ofd", reason="no glyph", reason_zh="缺字", **facts),
        DocumentsReady(documents=_ready(1, "xml", "pdf"), **facts),
        DocumentsReady(documents=_ready(1, "json"), **facts),
        DocumentsReady(documents=_ready(2, "pdf"), **facts),
        DocumentFailed(format="xml", reason="later", reason_zh="后来", **facts),
    ]
    records = [
        as_record(payload, tenant=shop.tenant, subject=UUID(issued["id"]), sequence=place)
        for place, payload in enumerate(payloads, 1)
    ]
    await deliver(shop.worker_pool, HANDLERS, records)
    documents = (await shop.client.get(f"/v1/invoices/{issued['id']}")).json()["documents"]
    assert [(each["format"], each["state"], each["version"], each["sha256"]) for each in documents] == [
        ("pdf", "ready", 2, "pdf-2"),
        ("ofd", "failed", 1, None),
        ("xml", "ready", 1, "xml-1"),
        ("json", "ready", 1, "json-1"),
    ]
    assert (await search(shop))["items"][0]["documents"] == documents
