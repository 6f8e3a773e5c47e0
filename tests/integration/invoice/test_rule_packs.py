"""Rule packs through HTTP: listed, shown, kept with each invoice, and replayed over a past period."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.clock import shanghai_day, utc_now
from libs.common.db import transaction
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.unit.invoice.making import INVOICES, worked_body

TODAY = shanghai_day(utc_now()).isoformat()
PERIOD = {"from": TODAY, "to": TODAY}
LINE = make_body()["lines"][0]
SMALL = make_body(lines=[{**LINE, "tax_rate": "0.01"}], reference="small")
REDUCED = make_body(
    lines=[
        {
            "name": "*经营租赁*住房租赁",
            "tax_class_code": "3040502020101000000",
            "tax_rate": "0.015",
            "policy": "simplified_3_reduced_1_5",
            "amount": "1030.00",
            "tax_included": True,
        }
    ],
    reference="reduced",
)


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def replay(shop: Issuing, pack: str, body: Any = PERIOD, **parameters: Any) -> httpx.Response:
    return await shop.client.post(f"/v1/rule-packs/{pack}/replay", json=body, params=parameters)


async def test_rule_packs_are_listed_with_the_current_one(shop: Issuing) -> None:
    packs = (await shop.client.get("/v1/rule-packs")).json()["items"]
    assert [pack["id"] for pack in packs] == ["2025-01-01", "2026-01-01", "2028-01-01"]
    assert [pack["is_current"] for pack in packs] == [False, True, False]
    assert packs[1]["in_force_until"] == "2027-12-31"
    assert packs[2]["in_force_until"] is None


async def test_rule_pack_is_shown_with_its_rates_and_doubts(shop: Issuing) -> None:
    pack = (await shop.client.get("/v1/rule-packs/2028-01-01")).json()
    assert "0.13" in pack["rates"]
    assert "0.01" not in pack["rates"]
    assert pack["tolerances"] == {"line_tax": "0.06", "invoice_tax": "1.27", "product": "0.01"}
    assert all(doubt["note_zh"] for doubt in pack["uncertain"])


@pytest.mark.parametrize("name", ["2027-01-01", "..", "x%00"])
async def test_rule_pack_that_is_not_there_is_not_found(shop: Issuing, name: str) -> None:
    assert (await replay(shop, name)).status_code == 404
    assert (await shop.client.get(f"/v1/rule-packs/{name}")).status_code in {404, 307}


async def test_invoice_keeps_the_pack_it_was_judged_by(shop: Issuing) -> None:
    invoice = (await shop.post(make_body())).json()
    assert invoice["rule_pack"] == "2026-01-01"
    async with transaction(shop.worker_pool) as tx:
        (row,) = await tx.fetch(
            "select i.rule_pack, convert_from(o.payload, 'UTF8')::jsonb #>> '{invoice,rule_pack}' as told"
            " from invoices i join outbox o on o.subject = i.id"
        )
    assert (row["rule_pack"], row["told"]) == ("2026-01-01", "2026-01-01")


async def test_replay_lists_what_later_rules_would_refuse(shop: Issuing) -> None:
    small = (await shop.post(SMALL)).json()
    await shop.post(REDUCED)
    await shop.post(make_body())
    page = (await replay(shop, "2028-01-01")).json()
    (change,) = page["items"]
    assert (page["judged"], page["next_cursor"]) == (3, None)
    assert (change["invoice_id"], change["change"], change["rule_pack"]) == (
        small["id"],
        "refused",
        "2026-01-01",
    )
    assert [(error["pointer"], error["code"]) for error in change["errors"]] == [
        ("/lines/0/tax_rate", "rate-not-allowed")
    ]
    assert change["errors"][0]["detail_zh"]
    assert change["before"] == small["totals"]


async def test_replay_lists_what_earlier_rules_would_refuse(shop: Issuing) -> None:
    await shop.post(SMALL)
    reduced = (await shop.post(REDUCED)).json()
    (change,) = (await replay(shop, "2025-01-01")).json()["items"]
    assert change["invoice_id"] == reduced["id"]
    assert change["errors"][0]["code"] == "policy-not-available"


async def test_replay_by_the_same_rules_changes_nothing(shop: Issuing) -> None:
    """Whatever the form of the invoice: discounts, coupons, differences, reductions, declared taxes."""
    accepted = [w for w in INVOICES.values() if w["blue"] and w["checks"]["expect"] == "accept"]
    for worked in accepted:
        assert (await shop.post({**worked_body(worked), "reference": worked["id"]})).status_code == 201
    page = (await replay(shop, "2026-01-01", limit=200)).json()
    assert (page["judged"], page["items"]) == (len(accepted), [])
    later = (await replay(shop, "2028-01-01", limit=200)).json()
    reasons = {error["code"] for change in later["items"] for error in change["errors"]}
    assert reasons == {"rate-not-allowed"}


async def test_replay_goes_on_page_by_page(shop: Issuing) -> None:
    for number in range(5):
        await shop.post({**SMALL, "reference": f"small-{number}"})
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = (await replay(shop, "2028-01-01", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        found += [item["reference"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (found, pages) == ([f"small-{number}" for number in range(5)], 3)


async def test_replay_of_another_period_or_tenant_judges_nothing(
    shop: Issuing, database: MakeDatabase
) -> None:
    await shop.post(SMALL)
    assert (await replay(shop, "2028-01-01", {"from": "2020-01-01", "to": "2020-12-31"})).json()[
        "judged"
    ] == 0
    async with issuing(await database("invoice")) as other:
        assert (await replay(other, "2028-01-01")).json()["judged"] == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "/to"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "/to"),
        ({"from": "2026-02-30", "to": "2026-03-01"}, "/from"),
        ({"from": "2026-01-01"}, "/to"),
        ({"from": "2026-01-01", "to": "2026-01-02", "x": 1}, "/x"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, None),
    ],
)
async def test_replay_of_a_strange_period_is_refused(
    shop: Issuing, body: dict[str, Any], pointer: str | None
) -> None:
    answer = await replay(shop, "2026-01-01", body)
    if pointer is None:
        assert answer.json()["judged"] == 0
        return
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("cursor", ["x", "WyIyMDI2LTAxLTAxIl0", "W10"])
async def test_replay_with_a_forged_cursor_is_refused(shop: Issuing, cursor: str) -> None:
    assert (await replay(shop, "2026-01-01", cursor=cursor)).status_code == 422
