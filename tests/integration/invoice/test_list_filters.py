"""Random combinations of filters, sorts and page sizes find what a plain filter over the same invoices finds."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.clock import SHANGHAI, shanghai_day
from services.invoice.consumers import HANDLERS
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body

BUYERS = (
    {"name": "武汉某某商贸有限公司", "tax_id": "91420100MA4K00002Y"},
    {"name": "杭州青禾软件有限公司", "tax_id": "91420106MA4L123460"},
    {"name": "Söhne und Co 个人", "is_individual": True},
)
GOODS = ("键盘", "键 盘", "USB 鼠标", "百分号50%_折扣", "键盘托架")
REMARKS = ("", "加急", "50%_", "第一行\n第二行 KEY")
TAGS = ("spring", "春季", "vip")
NOTES = ("款项已核对", "Call BACK", "键")
WORDS = (
    "键",
    "键盘",
    "盘",
    "有限公司",
    "50%_",
    "%",
    "key",
    "KEY",
    "第二行",
    "核对",
    "so-",
    "ö",
    "SÖHNE",
    "没有",
    "usb 鼠标",
)
SORTS = ("-issued_at", "issued_at", "-amount", "amount", "-number", "number")
SEED = 20261124


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def issue_varied(shop: Issuing, rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Invoices as GET answers them, shown in the views."""
    ids = []
    for number in range(count):
        line = make_body()["lines"][0] | {"name": rng.choice(GOODS), "quantity": str(rng.randint(1, 4))}
        body = make_body(
            reference=f"SO-{number}",
            kind=rng.choice(("digital_ordinary", "digital_special")),
            lines=[line],
            remarks=rng.choice(REMARKS),
            tags=rng.sample(TAGS, rng.randint(0, 2)),
        )
        buyer = rng.choice(BUYERS)
        if "tax_id" not in buyer:
            body["kind"] = "digital_ordinary"
        response = await shop.post(body | {"buyer": buyer})
        assert response.status_code == 201, response.text
        ids.append(response.json()["id"])
        if rng.random() < 0.3:
            await shop.client.post(f"/v1/invoices/{ids[-1]}/notes", json={"text": rng.choice(NOTES)})
        if rng.random() < 0.3:
            await shop.client.post(f"/v1/invoices/{ids[-1]}/tags", json={"tags": [rng.choice(TAGS)]})
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
    return [(await shop.client.get(f"/v1/invoices/{invoice}")).json() for invoice in ids]


def text_of(invoice: dict[str, Any]) -> str:
    parts = [invoice["buyer"]["name"], *(line["name"] for line in invoice["lines"]), invoice["remarks"]]
    return "\n".join([*parts, invoice["reference"], *(note["text"] for note in invoice["notes"])]).lower()


def bound_of(text: str, *, is_end: bool) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text)
    day = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    return day + timedelta(days=1, microseconds=-1) if is_end else day


def issued_at(invoice: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(invoice["issued_at"])


def total(invoice: dict[str, Any]) -> Decimal:
    return Decimal(invoice["totals"]["amount_with_tax"])


FITS: dict[str, Callable[[dict[str, Any], str], bool]] = {
    "number": lambda invoice, value: invoice["number"] == value,
    "reference": lambda invoice, value: invoice["reference"] == value,
    "kind": lambda invoice, value: invoice["kind"] == value,
    "status": lambda invoice, value: invoice["status"] == value,
    "reversal": lambda invoice, value: invoice["reversal"] == value,
    "buyer": lambda invoice, value: value.lower() in invoice["buyer"]["name"].lower(),
    "tax_id": lambda invoice, value: invoice["buyer"]["tax_id"] == value,
    "issued_from": lambda invoice, value: issued_at(invoice) >= bound_of(value, is_end=False),
    "issued_to": lambda invoice, value: issued_at(invoice) <= bound_of(value, is_end=True),
    "amount_from": lambda invoice, value: total(invoice) >= Decimal(value),
    "amount_to": lambda invoice, value: total(invoice) <= Decimal(value),
    "tag": lambda invoice, value: value in invoice["tags"],
    "q": lambda invoice, value: all(word in text_of(invoice) for word in value.lower().split()),
}
KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {"issued_at": issued_at, "amount": total}


def draw_filters(rng: random.Random, invoices: list[dict[str, Any]]) -> dict[str, str]:
    sample = rng.choice(invoices)
    day = shanghai_day(issued_at(sample))
    values = {
        "number": sample["number"],
        "reference": rng.choice([sample["reference"], "SO-nothing"]),
        "kind": rng.choice(("digital_ordinary", "digital_special", "paper_ordinary")),
        "status": rng.choice(("issued", "issued", "voided")),
        "reversal": rng.choice(("none", "none", "partial")),
        "buyer": rng.choice(("武汉", "青禾软件", "söHNE und c", "公司", "没有")),
        "tax_id": sample["buyer"]["tax_id"] or "91420106MA4L123460",
        "issued_from": rng.choice([str(day), str(day + timedelta(days=1)), sample["issued_at"]]),
        "issued_to": rng.choice([str(day), str(day - timedelta(days=1)), sample["issued_at"]]),
        "amount_from": sample["totals"]["amount_with_tax"],
        "amount_to": sample["totals"]["amount_with_tax"],
        "tag": rng.choice(TAGS),
        "q": " ".join(rng.sample(WORDS, rng.randint(1, 2))),
    }
    names = rng.sample(sorted(values), rng.choice((0, 1, 1, 1, 2, 2, 3)))
    return {name: values[name] for name in names}


async def list_all(shop: Issuing, sort: str, limit: int, filters: dict[str, str]) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        parameters: dict[str, Any] = {"sort": sort, "limit": limit, **filters, **cursor}
        response = await shop.client.get("/v1/invoices", params=parameters)
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def expected(invoices: list[dict[str, Any]], sort: str, filters: dict[str, str]) -> list[str]:
    fitting = [i for i in invoices if all(FITS[name](i, value) for name, value in filters.items())]
    key = KEYS.get(sort.removeprefix("-"), lambda invoice: invoice["number"])
    fitting.sort(key=lambda invoice: (key(invoice), invoice["id"]), reverse=sort.startswith("-"))
    return [invoice["id"] for invoice in fitting]


async def test_list_random_filters_find_what_a_plain_filter_finds(shop: Issuing) -> None:
    rng = random.Random(SEED)  # noqa: S311
    invoices = await issue_varied(shop, rng, 60)
    hits = 0
    for _ in range(250):
        filters, sort, limit = draw_filters(rng, invoices), rng.choice(SORTS), rng.choice((3, 20, 200))
        wanted = expected(invoices, sort, filters)
        assert await list_all(shop, sort, limit, filters) == wanted, (sort, limit, filters)
        hits += bool(wanted)
    assert 60 < hits < 240


async def test_list_cursors_stay_sound_while_invoices_are_issued(shop: Issuing) -> None:
    rng = random.Random(SEED)  # noqa: S311
    before = {invoice["id"] for invoice in await issue_varied(shop, rng, 12)}
    for sort in SORTS:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(20):
            parameters: dict[str, Any] = {"sort": sort, "limit": 4, **cursor}
            page = (await shop.client.get("/v1/invoices", params=parameters)).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
            line = make_body()["lines"][0] | {"quantity": str(rng.randint(1, 4))}
            await shop.post(make_body(lines=[line]))
            await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
        assert len(seen) == len(set(seen)), sort
        assert before <= set(seen), sort
        before |= set(seen)
