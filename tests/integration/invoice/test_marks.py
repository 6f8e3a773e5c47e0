"""Tags and notes: at once in the invoice, soon in lists, search and timeline, with who did it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from libs.common.db import transaction
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


async def issue(shop: Issuing, **changes: Any) -> str:
    response = await shop.post(make_body(**changes))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def found(shop: Issuing, **parameters: Any) -> list[str]:
    response = await shop.client.get("/v1/invoices", params=parameters)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def test_tags_added_and_removed_show_at_once_and_in_the_views(shop: Issuing) -> None:
    invoice = await issue(shop, tags=["first"])
    path = f"/v1/invoices/{invoice}"
    before = await shop.client.get(path)
    tagged = await shop.client.post(f"{path}/tags", json={"tags": ["春季/促销", "first", "vip"]})
    assert tagged.status_code == 200, tagged.text
    assert tagged.json()["tags"] == ["first", "春季/促销", "vip"]
    assert tagged.json()["version"] == before.json()["version"] + 1
    assert tagged.headers["etag"] != before.headers["etag"]
    assert (await shop.client.get(path)).content == tagged.content
    await show(shop)
    assert await found(shop, tag="春季/促销") == [invoice]
    removed = await shop.client.delete(f"{path}/tags/春季%2F促销")
    assert removed.json()["tags"] == ["first", "vip"]
    await show(shop)
    assert await found(shop, tag="春季/促销") == []
    assert await found(shop, tag="vip") == [invoice]
    steps = (await shop.client.get(f"{path}/timeline")).json()["items"]
    assert [step["summary"] for step in steps[1:]] == [
        "Tags changed: +春季/促销 +vip",
        "Tags changed: -春季/促销",
    ]
    assert all(step["actor"].startswith("api_key:") for step in steps)


async def test_tags_that_change_nothing_make_no_event_and_no_version(shop: Issuing) -> None:
    invoice = await issue(shop, tags=["a"])
    await show(shop)
    before = await shop.client.get(f"/v1/invoices/{invoice}")
    same = await shop.client.post(f"/v1/invoices/{invoice}/tags", json={"tags": ["a"]})
    assert same.content == before.content
    assert await take_records(shop.worker_pool) == []


async def test_note_has_its_author_and_is_found_by_its_words(shop: Issuing) -> None:
    invoice, other = await issue(shop), await issue(shop)
    path = f"/v1/invoices/{invoice}"
    noted = await shop.client.post(f"{path}/notes", json={"text": "款项已核对 OK"})
    assert noted.status_code == 201, noted.text
    (note,) = noted.json()["notes"]
    assert note["text"] == "款项已核对 OK"
    assert note["author"].startswith("api_key:")
    await shop.client.post(f"{path}/notes", json={"text": "第二条"})
    await show(shop)
    assert await found(shop, q="核对 ok 第二") == [invoice]
    assert set(await found(shop, q="键盘")) == {invoice, other}
    assert [note["text"] for note in (await shop.client.get(path)).json()["notes"]] == [
        "款项已核对 OK",
        "第二条",
    ]


async def test_patch_replaces_tags_only_for_the_etag_that_was_seen(shop: Issuing) -> None:
    invoice = await issue(shop, tags=["a"])
    path = f"/v1/invoices/{invoice}"
    etag = (await shop.client.get(path)).headers["etag"]
    done = await shop.client.patch(path, json={"tags": ["b", "c"]}, headers={"if-match": etag})
    assert done.json()["tags"] == ["b", "c"]
    refused = await shop.client.patch(path, json={"tags": []}, headers={"if-match": etag})
    assert refused.status_code == 412
    assert refused.json()["code"] == "precondition-failed"
    assert (await shop.client.get(path)).json()["tags"] == ["b", "c"]


async def test_bulk_tags_by_ids_and_by_filter(shop: Issuing) -> None:
    ids = [await issue(shop, tags=["old"]) for _ in range(3)]
    done = await shop.client.post(
        "/v1/invoices/bulk-tags", json={"ids": ids[:2], "add": ["new"], "remove": ["old"]}
    )
    assert done.json() == {"matched": 2, "changed": 2}
    await show(shop)
    assert set(await found(shop, tag="new")) == set(ids[:2])
    done = await shop.client.post(
        "/v1/invoices/bulk-tags",
        json={"filter": {"tag": "new", "kind": "digital_ordinary"}, "add": ["third"]},
    )
    assert done.json() == {"matched": 2, "changed": 2}
    await show(shop)
    assert set(await found(shop, tag="third")) == set(ids[:2])
    assert await found(shop, tag="old") == ids[2:]


async def test_bulk_tags_with_a_foreign_id_changes_nothing(shop: Issuing) -> None:
    invoice = await issue(shop)
    refused = await shop.client.post(
        "/v1/invoices/bulk-tags", json={"ids": [invoice, str(uuid4())], "add": ["x"]}
    )
    assert refused.status_code == 404
    assert (await shop.client.get(f"/v1/invoices/{invoice}")).json()["tags"] == []


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("tags", {"tags": []}),
        ("tags", {"tags": ["x" * 33]}),
        ("tags", {"tags": ["a\u200bb"]}),
        ("tags", {"tags": [f"t{n}" for n in range(51)]}),
        ("notes", {"text": ""}),
        ("notes", {"text": "x" * 1001}),
        ("notes", {"text": "x", "author": "me"}),
    ],
)
async def test_marks_unsound_body_is_refused(shop: Issuing, call: str, body: dict[str, Any]) -> None:
    invoice = await issue(shop)
    response = await shop.client.post(f"/v1/invoices/{invoice}/{call}", json=body)
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    "body",
    [
        {"add": ["x"]},
        {"ids": [], "add": ["x"]},
        {"ids": [str(uuid4())]},
        {"ids": [str(uuid4())], "filter": {}, "add": ["x"]},
        {"filter": {"tenant_id": "x"}, "add": ["x"]},
        {"filter": {"amount_from": 1.5}, "add": ["x"]},
    ],
)
async def test_bulk_tags_unclear_body_is_refused(shop: Issuing, body: dict[str, Any]) -> None:
    response = await shop.client.post("/v1/invoices/bulk-tags", json=body)
    assert response.status_code == 422, response.text


async def test_marks_of_an_unknown_invoice_are_not_found(shop: Issuing) -> None:
    path = f"/v1/invoices/{uuid4()}"
    assert (await shop.client.post(f"{path}/tags", json={"tags": ["a"]})).status_code == 404
    assert (await shop.client.post(f"{path}/notes", json={"text": "a"})).status_code == 404
    assert (await shop.client.delete(f"{path}/tags/a")).status_code == 404
    assert (await shop.client.patch(path, json={"tags": []})).status_code == 404


async def test_tag_colours_are_kept_for_the_tenant(shop: Issuing) -> None:
    await issue(shop, tags=["seen"])
    await show(shop)
    put = await shop.client.put("/v1/tags", json={"colours": {"vip": "#ff0000"}})
    assert put.status_code == 200, put.text
    expected = [{"tag": "seen", "colour": None}, {"tag": "vip", "colour": "#ff0000"}]
    assert put.json()["items"] == expected
    assert (await shop.client.get("/v1/tags")).json()["items"] == expected
    wrong = await shop.client.put("/v1/tags", json={"colours": {"vip": "red"}})
    assert wrong.status_code == 422


async def test_tags_show_in_a_consistent_list_once_it_answers(shop: Issuing) -> None:
    invoice = await issue(shop)
    await show(shop)
    await shop.client.post(f"/v1/invoices/{invoice}/tags", json={"tags": ["new"]})
    waiting = asyncio.create_task(found(shop, tag="new", consistent="true"))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    await show(shop)
    assert await waiting == [invoice]


async def test_tags_changed_later_leave_what_was_issued_as_it_is(shop: Issuing) -> None:
    """What is printed keeps the tags it was issued with; users' changes lie beside it."""
    invoice = await issue(shop, tags=["a"])
    await shop.client.post(f"/v1/invoices/{invoice}/tags", json={"tags": ["b"]})
    async with transaction(shop.worker_pool) as tx:
        content = await tx.fetchval("select content ->> 'tags' from invoices")
    assert content == '["a"]'
