"""The guard against issuing a sale twice: who is refused, what ends it, and what an override leaves behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from libs.common.db import transaction
from services.invoice.consumers import HANDLERS
from services.invoice.desk import Desk
from services.invoice.domain.invoice import NumberChannel
from services.invoice.exports.desk import open_export_desk
from services.invoice.main import build
from services.invoice.resources import Resources
from services.invoice.store.duplicate import release_duplicate_key
from tests.helpers.credentials import ALL_SCOPES, grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.in_process import make_client, open_app
from tests.helpers.invoicing import Issuing, issuing, make_body, make_settings
from tests.unit.invoice.test_invoice_special_business import FREIGHT

ALONE = make_body(reference=None)


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def rows(shop: Issuing, statement: str) -> list[Any]:
    async with transaction(shop.worker_pool) as tx:
        return list(await tx.fetch(statement))


async def test_invoice_that_says_the_same_today_is_refused_and_the_earlier_named(shop: Issuing) -> None:
    earlier = (await shop.post(ALONE)).json()
    refused = await shop.post({**ALONE, "remarks": "again", "tags": ["x"]})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "duplicate-invoice")
    assert (problem["invoice_id"], problem["number"]) == (earlier["id"], earlier["number"])
    assert "duplicate_key" not in problem
    assert len(await rows(shop, "select id from invoices")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"buyer": {"name": "杭州青禾软件有限公司", "tax_id": "91420100MA4K00002Y"}},
        {"lines": [{**ALONE["lines"][0], "quantity": "13"}]},
        {"lines": [{**ALONE["lines"][0], "specification": "87键"}]},
        {"reference": "SO-2"},
        {"special_business": FREIGHT},
    ],
)
async def test_invoice_that_says_something_else_is_issued(shop: Issuing, changes: dict[str, Any]) -> None:
    await shop.post(ALONE)
    assert (await shop.post({**ALONE, **changes})).status_code == 201


async def test_invoices_with_references_of_their_own_may_say_the_same(shop: Issuing) -> None:
    assert (await shop.post(ALONE)).status_code == 201
    for reference in ("SO-1", "SO-2"):
        assert (await shop.post({**ALONE, "reference": reference})).status_code == 201
    keys = await rows(
        shop, "select duplicate_key is null as is_free from invoices where reference is not null"
    )
    assert [row["is_free"] for row in keys] == [True, True]


async def test_fifty_parallel_posts_of_one_sale_issue_exactly_one(shop: Issuing) -> None:
    answers = await asyncio.gather(*(shop.post(ALONE) for _ in range(50)))
    (issued,) = [answer for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {problem["code"] for problem in refused} == {"duplicate-invoice"}
    assert {problem["invoice_id"] for problem in refused} == {issued.json()["id"]}
    (quota,) = await rows(shop, "select used from quotas")
    assert str(quota["used"]) == "1038.00"


async def test_fifty_parallel_posts_to_two_processes_issue_exactly_one(shop: Issuing) -> None:
    """Each process has a desk of its own; only the database keeps them apart."""
    settings = make_settings("postgresql://unused")
    second = Resources(shop.api_pool, timedelta(minutes=10), Desk(shop.api_pool), open_export_desk(settings))
    secret = shop.client.headers["authorization"].removeprefix("Bearer ")
    async with (
        open_app(build(), settings, second) as app,
        make_client(app, secret) as other,
    ):
        clients = [shop.client, other] * 25
        answers = await asyncio.gather(
            *(
                client.post("/v1/invoices", json=ALONE, headers={"idempotency-key": f"key-{number}"})
                for number, client in enumerate(clients)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert len(await rows(shop, "select id from invoices")) == 1


async def test_twins_among_many_hurt_no_other(shop: Issuing) -> None:
    others = [make_body(remarks=str(number)) for number in range(20)]
    answers = await asyncio.gather(*(shop.post(body) for body in [*others, ALONE, ALONE, ALONE]))
    assert sorted(answer.status_code for answer in answers) == [201] * 21 + [409] * 2


async def test_pending_invoice_is_guarded_too(database: MakeDatabase) -> None:
    async with issuing(await database("invoice"), channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop:
        earlier = (await shop.post(ALONE)).json()
        problem = (await shop.post(ALONE)).json()
        assert (problem["invoice_id"], problem["number"]) == (earlier["id"], None)


async def test_dry_run_reports_the_duplicate(shop: Issuing) -> None:
    earlier = (await shop.post(ALONE)).json()
    answer = await shop.post(ALONE, dry_run="true")
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate-invoice")
    assert answer.json()["invoice_id"] == earlier["id"]
    allowed = await shop.post(ALONE, dry_run="true", allow_duplicate="true")
    assert allowed.status_code == 200
    assert len(await rows(shop, "select id from invoices")) == 1


async def test_repeated_request_under_its_key_is_no_duplicate(shop: Issuing) -> None:
    first = await shop.post(ALONE, "key-1")
    again = await shop.post(ALONE, "key-1")
    assert (again.status_code, again.content) == (201, first.content)


async def test_override_leaves_who_overrode_which_invoice(shop: Issuing) -> None:
    earlier = (await shop.post(ALONE)).json()
    allowed = await shop.post(ALONE, allow_duplicate="true")
    assert allowed.status_code == 201
    kept = await rows(
        shop, "select subject, sequence, payload from outbox where type = 'invoice.duplicate_allowed.v1'"
    )
    (event,) = kept
    payload = json.loads(event["payload"])
    assert (str(event["subject"]), event["sequence"]) == (allowed.json()["id"], 2)
    assert (payload["earlier_id"], payload["earlier_number"]) == (earlier["id"], earlier["number"])
    assert payload["actor"].startswith("api_key:")
    assert (await shop.post(ALONE)).json()["invoice_id"] == earlier["id"]


async def test_override_stands_in_the_timeline_with_who_did_it(shop: Issuing) -> None:
    earlier = (await shop.post(ALONE)).json()
    invoice = (await shop.post(ALONE, allow_duplicate="true")).json()
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
    timeline = (await shop.client.get(f"/v1/invoices/{invoice['id']}/timeline")).json()
    entry = next(item for item in timeline["items"] if item["type"] == "invoice.duplicate_allowed.v1")
    assert earlier["number"] in entry["summary"]
    assert earlier["number"] in entry["summary_zh"]
    assert entry["actor"].startswith("api_key:")


async def test_override_of_nothing_is_no_override(shop: Issuing) -> None:
    """The invoice keeps the guard, so that the next one is refused."""
    first = (await shop.post(ALONE, allow_duplicate="true")).json()
    assert await rows(shop, "select 1 from outbox where type = 'invoice.duplicate_allowed.v1'") == []
    assert (await shop.post(ALONE)).json()["invoice_id"] == first["id"]


async def test_parallel_overrides_name_one_earlier_invoice(shop: Issuing) -> None:
    answers = await asyncio.gather(*(shop.post(ALONE, allow_duplicate="true") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    earlier = await rows(shop, "select payload from outbox where type = 'invoice.duplicate_allowed.v1'")
    assert len(earlier) == 9
    assert len({json.loads(event["payload"])["earlier_id"] for event in earlier}) == 1


async def test_override_without_its_scope_is_forbidden(shop: Issuing) -> None:
    scopes = set(ALL_SCOPES) - {"invoice:allow-duplicate"}
    secret = await grant_api_key(shop.worker_pool, shop.tenant, scopes=scopes)
    async with make_client(shop.app, secret) as client:
        answer = await client.post(
            "/v1/invoices", json=ALONE, headers={"idempotency-key": "k"}, params={"allow_duplicate": "true"}
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "invoice:allow-duplicate" in answer.json()["detail"]


async def test_released_key_lets_the_same_be_issued_again(shop: Issuing) -> None:
    earlier = (await shop.post(ALONE)).json()
    async with transaction(shop.api_pool, shop.tenant) as tx:
        await release_duplicate_key(tx, shop.tenant, earlier["id"])
    assert (await shop.post(ALONE)).status_code == 201


async def test_sale_of_another_day_is_no_duplicate(shop: Issuing) -> None:
    await shop.post(ALONE)
    async with transaction(shop.worker_pool) as tx:
        await tx.execute("update invoices set duplicate_key = overlay(duplicate_key placing '2000' from 1)")
    assert (await shop.post(ALONE)).status_code == 201
