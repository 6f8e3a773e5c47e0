"""The reconciler finds nothing in what the service wrote, and everything that is broken by hand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from deploy.local.databases import connected
from libs.common.clock import utc_now
from libs.common.contracts.render import DocumentFailed
from libs.common.db import transaction
from services.invoice import reconciler
from services.invoice.consumers import HANDLERS
from services.invoice.domain.documents import EAGER_FORMATS
from services.invoice.reconciler import RULES, Reconciler
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.records import make_event

DAMAGE = {
    "number_year": "update invoices set number = '25' || substr(number, 3) where id = $1",
    "voided_digital": "update invoices set status = 'voided' where id = $1",
    "totals": "update invoices set amount = amount + 1, amount_with_tax = amount_with_tax + 1 where id = $1",
    "lines": "update invoices set content = jsonb_set(content, '{lines,0,tax}', '\"0.01\"') where id = $1",
    "view": "update invoice_views set status = 'rejected' where id = $1",
    "quota": "update quotas set used = used + 0.01 where $1::uuid is not null",
    "event": """
        with gone as (delete from outbox where subject = $1)
        delete from timeline_entries where invoice_id = $1
    """,
    "applied": "update inbox set last_sequence = 0 where subject = $1",
    "document": "update archived_documents set documents = documents - 'xml' where invoice_id = $1",
    "reversal": "update invoices set reversal = 'partial' where id = $1",
}


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def found() -> dict[str, float | None]:
    names = {rule: {"rule": rule} for rule in RULES}
    return {
        rule: REGISTRY.get_sample_value("openfapiao_invoice_mismatches", labels)
        for rule, labels in names.items()
    }


async def issue(shop: Issuing, count: int) -> list[str]:
    answers = await asyncio.gather(*(shop.post(make_body()) for _ in range(count)))
    return [answer.json()["id"] for answer in answers]


def a_day_later() -> datetime:
    return utc_now() + timedelta(days=1)


async def show_documents(shop: Issuing) -> None:
    """What render says of each invoice, so far as it matters here."""
    async with transaction(shop.worker_pool) as tx:
        for row in await tx.fetch("select id from invoices"):
            for name in EAGER_FORMATS:
                words = DocumentFailed("1", "", name, "missing glyph", "缺字")
                event = make_event(words, tenant=shop.tenant, subject=row["id"])
                await HANDLERS[DocumentFailed](tx, [event], utc_now())


async def test_what_is_on_its_way_is_no_mismatch_yet(shop: Issuing) -> None:
    await issue(shop, 2)
    await Reconciler(shop.worker_pool).step()
    assert found() == dict.fromkeys(RULES, 0)
    await Reconciler(shop.worker_pool, a_day_later).step()
    assert {name for name, count in found().items() if count} == {"applied", "document"}


@pytest.mark.parametrize("rule", sorted(DAMAGE))
async def test_each_damage_is_found(shop: Issuing, rule: str) -> None:
    victim, *_ = await issue(shop, 3)
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
    await show_documents(shop)
    checker = Reconciler(shop.worker_pool, a_day_later)
    await checker.step()
    assert found() == dict.fromkeys(RULES, 0)
    async with connected(shop.superuser) as connection:
        await connection.execute(DAMAGE[rule], victim)
    await checker.step()
    assert {name for name, count in found().items() if count} >= {rule}
    assert found()[rule] == 1


async def test_views_that_lag_are_no_mismatch_and_pages_cover_every_invoice(
    shop: Issuing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "PAGE", 2)
    ids = await issue(shop, 5)
    async with connected(shop.superuser) as connection:
        await connection.execute("delete from view_backlog where invoice_id = $1", max(ids))
    checker = Reconciler(shop.worker_pool)
    for _ in range(3):
        await checker.step()
    assert found()["view"] == 1
