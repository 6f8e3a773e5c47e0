"""The number ledger counts every number of a range; and numbers are bound to their year in Chinese time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from libs.common.db import Pool, transaction
from services.invoice import desk
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.authority import (
    AuthorityUnavailable,
    NumberRange,
    Outcome,
    QuotaGrant,
    Upload,
    Verdict,
)
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.store.quota import Grant, save_grants
from services.invoice.store.reconciliation import check_quotas
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import issuing, make_body, make_settings

# 31 December 2026, 23:59:59 in Shanghai, and a second and a bit later.
OLD_YEAR = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC)
OLD_MONTH = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
NEW_MONTH = datetime(2026, 11, 30, 16, 0, 0, tzinfo=UTC)

FILL_BLOCK = """
with taken as (
  update number_blocks set next_number = last_number returning first_number, last_number - 1 as last_taken
)
insert into invoices (
  tenant_id, id, taxpayer_id, kind, number, status, reversal, channel, authority_state, authority_updated_at,
  amount, tax, amount_with_tax, content, fingerprint, version, actor, status_updated_at, expected_final_by, created_at
)
select $1, gen_random_uuid(), $2, 'digital_ordinary', lpad(n::text, 20, '0'), 'issued', 'none', 'local_blocks',
  'confirmed', now(), 1, 0, 1, '{}', '', 1, 'test', now(), now(), now()
from taken, generate_series(first_number, last_taken) n
"""


class Printer:
    """An authority that only gives numbers and quota."""

    def __init__(self) -> None:
        self.orders: list[int] = []

    async def allocate_numbers(self, _: str, year: int, count: int, *, request_id: str) -> NumberRange:
        self.orders.append(year)
        assert request_id
        first = int(f"{year % 100}427{7:06d}000000001")
        return NumberRange(str(first), str(first + count - 1))

    async def allocate_stock(self, _: str, kind: InvoiceKind, count: int, *, request_id: str) -> NumberRange:
        raise AuthorityUnavailable(f"{count} of {kind} are not printed: {request_id}")

    async def get_quota(self, _: str, period: str) -> QuotaGrant:
        assert period in {"202612", "202701"}
        return QuotaGrant(Decimal("1000000.00"), False)

    async def submit(self, uploads: Sequence[Upload]) -> list[Outcome]:
        return [Outcome(Verdict.ISSUED, number=f"26422{7:015}", issued_at=NEW_MONTH) for _ in uploads]

    async def ask(self, uploads: Sequence[Upload]) -> list[Outcome]:
        raise NotImplementedError


async def test_range_of_a_hundred_thousand_numbers_is_proved_in_one_call(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made, numbers=100_000) as shop:
        async with transaction(shop.worker_pool) as tx:
            await tx.execute(FILL_BLOCK, shop.tenant, shop.taxpayer.id)
        ledger = (await shop.client.get("/v1/number-ledger?limit=1")).json()
        assert ledger["unexplained"] == 0
        assert ledger["counts"] == {
            "numbers": 100_000,
            "allocated": 1,
            "used": 99_999,
            "voided": 0,
            "wasted": 0,
            "unexplained": 0,
        }
        async with transaction(shop.worker_pool) as tx:
            number = await tx.fetchval("select min(number) from invoices")
            await tx.execute("delete from invoices where number = $1", number)
        ledger = (await shop.client.get(f"/v1/number-ledger?to={int(number) + 9}")).json()
        assert (ledger["unexplained"], ledger["counts"]["numbers"]) == (1, 10)
        assert ledger["items"][0]["state"] == "unexplained"


async def issue_at(shop: Any, monkeypatch: pytest.MonkeyPatch, now: datetime) -> dict[str, Any]:
    monkeypatch.setattr(desk, "utc_now", lambda: now)
    answer = await shop.post(make_body())
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


async def supply_at(pool: Pool, authority: Printer, now: datetime) -> None:
    settings = make_settings("postgresql://unused", block_size=10, reorder_below=5)
    supply = SupplyWorker(pool, authority, settings, clock=lambda: now)
    async with transaction(pool) as tx:
        await tx.execute("update connectors set numbers_due_at = $1, quota_due_at = $1", now)
    await supply.stock_numbers()
    await supply.learn_quotas()


async def test_turn_of_the_year_takes_the_new_years_numbers_and_wastes_the_old(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await database("invoice")
    async with issuing(made, numbers=0) as shop:
        authority = Printer()
        await supply_at(shop.worker_pool, authority, OLD_YEAR)
        assert sorted(authority.orders) == [2026, 2027]
        old = await issue_at(shop, monkeypatch, OLD_YEAR)
        new = await issue_at(shop, monkeypatch, NEW_YEAR)
        assert (old["number"][:2], old["issue_date"]) == ("26", "2026-12-31")
        assert (new["number"][:2], new["issue_date"]) == ("27", "2027-01-01")
        monkeypatch.setattr("services.invoice.api.accounts.utc_now", lambda: NEW_YEAR)
        ledger = (await shop.client.get("/v1/number-ledger")).json()
        assert ledger["unexplained"] == 0
        assert {name: ledger["counts"][name] for name in ("used", "wasted", "allocated")} == {
            "used": 2,
            "wasted": 9,
            "allocated": 9,
        }
        assert {item["reason"] for item in ledger["items"] if item["state"] == "wasted"} == {
            "the year ended before the number was used"
        }
        quota = (await shop.client.get("/v1/quota")).json()
        assert (quota["period"], quota["used"]) == ("202701", "1038.00")


async def test_suspended_taxpayer_is_refused_and_resumes(database: MakeDatabase) -> None:
    made = await database("invoice")
    async with issuing(made) as shop:
        period = (await shop.client.get("/v1/quota")).json()["period"]

        async def suspend(is_suspended: bool) -> None:
            grant = Grant(shop.tenant, shop.taxpayer.id, period, Decimal("1000000.00"), is_suspended)
            async with transaction(shop.worker_pool) as tx:
                await save_grants(tx, [grant], now=datetime.now(UTC))

        await suspend(True)
        refused = await shop.post(make_body())
        assert (refused.status_code, refused.json()["code"]) == (409, "quota-exceeded")
        assert refused.json()["suspended"] is True
        await suspend(False)
        assert (await shop.post(make_body())).status_code == 201


async def test_reservation_of_the_old_month_is_committed_to_the_month_of_the_date(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await database("invoice")
    async with issuing(made, channel=NumberChannel.ASSIGNED_ON_ISSUE) as shop:
        grants = [
            Grant(shop.tenant, shop.taxpayer.id, period, Decimal(total), False)
            for period, total in (("202611", "2000.00"), ("202612", "10.00"))
        ]
        async with transaction(shop.worker_pool) as tx:
            await save_grants(tx, grants, now=OLD_MONTH)
        pending = await issue_at(shop, monkeypatch, OLD_MONTH)
        settings = make_settings("postgresql://unused")
        worker = AuthorityWorker(shop.worker_pool, Printer(), settings, current_rules)
        async with transaction(shop.worker_pool) as tx:
            await tx.execute("update submissions set next_attempt_at = now()")
        await worker.settle()
        issued = (await shop.client.get(f"/v1/invoices/{pending['id']}")).json()
        assert (issued["status"], issued["issue_date"]) == ("issued", "2026-12-01")
        async with transaction(shop.worker_pool) as tx:
            rows = await tx.fetch("select period, used::text, reserved::text from quotas order by period")
            assert await check_quotas(tx) == []
        assert [tuple(row) for row in rows] == [("202611", "0.00", "0.00"), ("202612", "1038.00", "0.00")]
