"""Compares the model with every place where truth is kept: invoices, quota, numbers, events, bureau, views."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from libs.common.db import transaction
from services.invoice.store.entitlement import period_of
from services.invoice.store.reconciliation import check_invoices, check_quotas, check_reversals
from tests.integration.invoice.lifecycle_books import Books, Entry
from tests.integration.invoice.lifecycle_ground import Trade

INVOICES = """
select id::text, status, authority_state, code || number as stock_number, number, issue_date, reversal, amount, tax,
  reference, blue_id::text
from invoices
where tenant_id = $1 and status <> 'draft'
"""
VIEWS = "select id::text, status, number, reversal, amount, tax from invoice_views where tenant_id = $1"
QUOTAS = "select period, used, reserved from quotas where tenant_id = $1 and (used <> 0 or reserved <> 0)"
BLOCKS = """
select code, first_number, next_number
from number_blocks
where tenant_id = $1 and first_number is not null
"""
EVENTS = """
select subject::text, type, sequence
from outbox
where tenant_id = $1 and topic = 'invoice.events'
order by subject, position
"""
BACKLOG = "select from view_backlog where tenant_id = $1"
DEAD = "select from dead_letters where $1::uuid is not null"


async def compare(books: Books, trade: Trade) -> None:
    """What must hold after every single step."""
    seen = {row["id"]: row for row in await trade.fetch(INVOICES)}
    books.observe(seen)
    assert seen.keys() == books.entries.keys()
    for entry in books.entries.values():
        _compare_entry(books, entry, seen[entry.id])
    quota = {row["period"]: (row["used"], row["reserved"]) for row in await trade.fetch(QUOTAS)}
    assert quota == books.quota(), (quota, books.quota(), trade.ground.clock.now)
    _compare_numbers([entry.number for entry in books.entries.values()], await trade.fetch(BLOCKS))
    _compare_events(books, await trade.fetch(EVENTS))


def _compare_entry(books: Books, entry: Entry, row: Any) -> None:
    assert (row["status"], row["reference"], row["blue_id"]) == (
        entry.status,
        entry.reference,
        entry.blue and entry.blue.id,
    )
    assert row["amount"] == entry.amount
    assert row["reversal"] == (books.reversal(entry) if entry.blue is None else "none"), entry
    number = row["stock_number"] or row["number"]
    assert (number is not None) == (entry.status in {"issued", "voided"})
    assert entry.number in {None, number}, "a number never changes"
    entry.number = number
    if number is not None:
        assert row["issue_date"] == entry.issue_date
        assert entry.is_paper == (row["stock_number"] is not None)
        assert entry.is_paper or number[:2] == f"{row['issue_date']:%y}"


def _compare_numbers(numbers: Iterable[str | None], blocks: Iterable[Any]) -> None:
    """Each once; of a block those before the next one, all of them."""
    given = [number for number in numbers if number is not None]
    assert len(given) == len(set(given))
    used = {
        f"{row['code'] or ''}{number:0{8 if row['code'] else 20}}"
        for row in blocks
        for number in range(int(row["first_number"]), int(row["next_number"]))
    }
    # What the bureau numbers has a 2 where those of blocks have a 7.
    assert used == {number for number in given if len(number) < 20 or number[4] == "7" or number in used}


def _compare_events(books: Books, rows: Iterable[Any]) -> None:
    types: dict[str, list[str]] = {}
    for row in rows:
        of_subject = types.setdefault(row["subject"], [])
        of_subject.append(row["type"].removeprefix("invoice.").removesuffix(".v1"))
        assert row["sequence"] == len(of_subject), "sequences count from 1 without a gap"
    for entry in books.entries.values():
        counted = Counter(types[entry.id])
        reds = [each for each in books.entries.values() if each.blue is entry and each.status == "issued"]
        assert counted["issued"] == (entry.status in {"issued", "voided"}), types[entry.id]
        assert counted["voided"] == (entry.status == "voided")
        assert counted["reversed"] == len(reds)
        assert counted["accepted"] == (not entry.is_local and not entry.is_unasked)
        assert counted["confirmed"] == (
            entry.is_local and entry.state == "confirmed" and not entry.is_unasked
        )


async def compare_views(books: Books, trade: Trade) -> None:
    """Once all events are consumed."""
    assert not await trade.fetch(BACKLOG)
    assert not await trade.fetch(DEAD)
    seen = {row["id"]: row for row in await trade.fetch(INVOICES)}
    views = {row["id"]: row for row in await trade.fetch(VIEWS)}
    assert views.keys() == seen.keys()
    for invoice_id, view in views.items():
        assert all(view[name] == seen[invoice_id][name] for name in view.keys()), (view, seen[invoice_id])  # noqa: SIM118


async def compare_bureau(books: Books, trade: Trade) -> None:
    """Once the bureau's word on everything is final: it holds each invoice once, with the same sums."""
    held: dict[str, tuple[str, Decimal, Decimal]] = {}
    cursor = ""
    while cursor is not None:
        query = {"cursor": cursor} if cursor else {}
        page = trade.at_bureau("/control/invoices", limit="1000", **query)
        for item in page["items"]:
            if item["status"] != "rejected":
                number = f"{item['code'] or ''}{item['number']}"
                assert number not in held
                held[number] = (item["status"], Decimal(item["amount"]), Decimal(item["tax"]))
        cursor = page["next_cursor"]
    confirmed = [entry for entry in books.entries.values() if entry.state == "confirmed"]
    ours = {entry.number or "": (entry.status, entry.amount, _tax(entry)) for entry in confirmed}
    assert held == ours, held.items() ^ ours.items()
    for month in {period_of(entry.issue_date) for entry in confirmed if entry.issue_date}:
        used = Decimal(trade.at_bureau("/v1/quota", period=month)["used"])
        assert used == books.quota(at_bureau=True).get(month, (Decimal(0), 0))[0], month


def _tax(entry: Entry) -> Decimal:
    tax = sum((part.tax for part in entry.lines.values()), Decimal(0))
    return tax if entry.blue is None else -tax


async def compare_with_reconciler(trade: Trade) -> None:
    """What compares the books in production finds nothing either."""
    tenant = trade.taxpayer.tenant
    async with transaction(trade.pool) as tx:
        page = await check_invoices(tx, (tenant, UUID(int=0)), 1000)
        assert [each for each in page if each.tenant == tenant and each.broken] == []
        assert [each for each in await check_quotas(tx) if each[0] == tenant] == []
        assert [each for each in await check_reversals(tx) if each[0] == tenant] == []
