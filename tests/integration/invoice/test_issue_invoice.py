"""`POST /v1/invoices` against a real database: numbers, quota, keys, references, and what is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from libs.common.db import transaction
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, add_numbers, issuing, make_body, make_client
from tests.unit.invoice.making import INVOICES, worked_body

WORKED_BLUE = [
    worked for worked in INVOICES.values() if worked["blue"] and worked["checks"]["expect"] == "accept"
]


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def rows(shop: Issuing, statement: str) -> list[Any]:
    async with transaction(shop.worker_pool) as tx:
        return list(await tx.fetch(statement))


async def test_issue_invoice_local_blocks_answers_the_numbered_invoice(shop: Issuing) -> None:
    response = await shop.post(make_body(reference="SO-1"))
    invoice = response.json()
    assert response.status_code == 201, invoice
    assert response.headers["location"] == f"/v1/invoices/{invoice['id']}"
    assert invoice["status"] == "issued"
    assert len(invoice["number"]) == 20
    assert invoice["totals"]["amount_with_tax"] == "1172.94"
    assert invoice["lines"][0]["name"] == "*计算机外部设备*键盘"
    assert invoice["qr_text"].startswith(f"01,32,,{invoice['number']},1172.94,")
    again = await shop.client.get(f"/v1/invoices/{invoice['id']}")
    assert again.json() == invoice
    (event,) = await rows(shop, "select type, sequence, payload from outbox")
    assert (event["type"], event["sequence"]) == ("invoice.issued.v1", 1)
    assert json.loads(event["payload"])["invoice"]["number"] == invoice["number"]


@pytest.mark.parametrize("worked", WORKED_BLUE, ids=lambda worked: str(worked["id"]))
async def test_issue_invoice_worked_example_comes_back_to_the_cent(shop: Issuing, worked: Any) -> None:
    response = await shop.post(worked_body(worked))
    invoice = response.json()
    assert response.status_code == 201, invoice
    assert invoice["totals"]["amount"] == worked["totals"]["amount"]
    assert invoice["totals"]["tax"] == worked["totals"]["tax"]
    assert invoice["totals"]["amount_with_tax_words"] == worked["totals"]["amount_incl_words"]
    for line, expected in zip(invoice["lines"], worked["lines"], strict=True):
        assert (line["amount"], line["tax"]) == (expected["amount"], expected["tax"])
        assert line["unit_price"] == expected["unit_price_excl"]
        assert (line["printed_rate"], line["printed_tax"]) == tuple(expected["print"].values())


async def test_issue_invoice_same_key_twice_issues_once(shop: Issuing) -> None:
    first = await shop.post(make_body(), "key-1")
    second = await shop.post(make_body(), "key-1")
    assert second.status_code == 201
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(await rows(shop, "select id from invoices")) == 1


async def test_issue_invoice_same_key_other_body_is_refused(shop: Issuing) -> None:
    await shop.post(make_body(), "key-1")
    refused = await shop.post(make_body(remarks="other"), "key-1")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")


async def test_issue_invoice_fifty_parallel_same_key_posts_issue_one(shop: Issuing) -> None:
    answers = await asyncio.gather(*(shop.post(make_body(), "key-1") for _ in range(50)))
    created = [answer for answer in answers if answer.status_code == 201]
    assert created
    assert len({answer.content for answer in created}) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await rows(shop, "select id from invoices")) == 1


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256, "a\x7f"])
async def test_issue_invoice_unsound_key_is_refused(shop: Issuing, key: str) -> None:
    headers = {"idempotency-key": key.encode()} if key else {}
    response = await shop.client.post("/v1/invoices", json=make_body(), headers=headers)  # type: ignore[arg-type]
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing")


async def test_issue_invoice_parallel_posts_leave_no_gap_and_no_duplicate(shop: Issuing) -> None:
    answers = await asyncio.gather(*(shop.post(make_body()) for _ in range(120)))
    numbers = sorted(int(answer.json()["number"]) for answer in answers)
    assert numbers == list(range(numbers[0], numbers[0] + 120))


async def test_issue_invoice_refused_request_takes_no_number(shop: Issuing) -> None:
    before = await shop.post(make_body(reference="SO-1"))
    duplicate = await shop.post(make_body(reference="SO-1"))
    assert (duplicate.status_code, duplicate.json()["code"]) == (409, "duplicate-reference")
    assert duplicate.json()["invoice_id"] == before.json()["id"]
    assert duplicate.json()["number"] == before.json()["number"]
    after = await shop.post(make_body())
    assert int(after.json()["number"]) == int(before.json()["number"]) + 1


async def test_issue_invoice_block_used_up_takes_the_next_block(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), numbers=30) as shop:
        await add_numbers(shop.worker_pool, shop.taxpayer, 30)
        answers = await asyncio.gather(*(shop.post(make_body()) for _ in range(60)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["number"] for answer in answers}) == 60
        none_left = await shop.post(make_body())
        assert (none_left.status_code, none_left.json()["code"]) == (503, "numbers-exhausted")
        assert none_left.headers["retry-after"]


async def test_issue_invoice_beyond_quota_is_refused_and_consumes_nothing(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), quota="1500.00") as shop:
        assert (await shop.post(make_body())).status_code == 201
        refused = await shop.post(make_body())
        assert (refused.status_code, refused.json()["code"]) == (409, "quota-exceeded")
        quota = (await shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"], quota["available"]) == ("1038.00", "0.00", "462.00")
        ledger = (await shop.client.get("/v1/number-ledger?limit=2")).json()
        assert [item["state"] for item in ledger["items"]] == ["used", "allocated"]


async def test_issue_invoice_assigned_on_issue_is_pending_and_reserves(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop:
        invoice = (await shop.post(make_body())).json()
        assert (invoice["status"], invoice["number"], invoice["issued_at"]) == ("pending", None, None)
        assert invoice["authority"]["state"] == "not_submitted"
        quota = (await shop.client.get("/v1/quota")).json()
        assert (quota["used"], quota["reserved"]) == ("0.00", "1038.00")


async def test_dry_run_keeps_and_consumes_nothing(shop: Issuing) -> None:
    dry = await shop.post(make_body(), dry_run="true")
    assert dry.status_code == 200
    assert (dry.json()["status"], dry.json()["number"]) == ("draft", None)
    real = (await shop.post(make_body())).json()
    assert dry.json()["totals"] == real["totals"]
    assert dry.json()["lines"] == real["lines"]
    assert len(await rows(shop, "select id from invoices union all select id from outbox")) == 2


async def test_get_invoice_of_another_tenant_is_not_found(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made) as shop, issuing(made) as other:
        invoice = (await shop.post(make_body())).json()
        foreign = await other.client.get(f"/v1/invoices/{invoice['id']}")
        missing = await other.client.get(f"/v1/invoices/{uuid4()}")
        assert foreign.status_code == missing.status_code == 404
        same = {"instance", "request_id"}
        assert {k: v for k, v in foreign.json().items() if k not in same} == {
            k: v for k, v in missing.json().items() if k not in same
        }


async def test_same_key_by_another_tenant_is_independent(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made) as shop, issuing(made) as other:
        mine, theirs = await shop.post(make_body(), "key-1"), await other.post(make_body(), "key-1")
        assert mine.status_code == theirs.status_code == 201
        assert mine.json()["id"] != theirs.json()["id"]


async def test_get_invoice_with_its_etag_is_not_modified(shop: Issuing) -> None:
    invoice = (await shop.post(make_body())).json()
    first = await shop.client.get(f"/v1/invoices/{invoice['id']}")
    headers = {"if-none-match": first.headers["etag"]}
    second = await shop.client.get(f"/v1/invoices/{invoice['id']}", headers=headers)
    assert (second.status_code, second.content) == (304, b"")


async def test_issue_invoice_without_credential_or_scope_is_refused(shop: Issuing) -> None:
    async with make_client(shop.app, "ofp_test_wrong") as stranger:
        response = await stranger.post("/v1/invoices", json=make_body())
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


async def test_commit_that_fails_answers_5xx_and_keeps_nothing(shop: Issuing) -> None:
    body = make_body(remarks="fail at commit")
    await _fail_at_commit(shop)
    response = await shop.post(body, "key-1")
    assert response.status_code >= 500
    assert response.json()["code"] in {"internal-error", "unavailable"}
    assert await rows(shop, "select id from invoices union all select id from outbox") == []


async def _fail_at_commit(shop: Issuing) -> None:
    """A deferred constraint trigger, which raises only when the transaction commits."""
    owner = await asyncpg.connect(shop.superuser)
    try:
        await owner.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'refused at commit'; end $$;"
            " create constraint trigger refuse_at_commit after insert on invoices"
            " deferrable initially deferred for each row execute function refuse()"
        )
    finally:
        await owner.close()
