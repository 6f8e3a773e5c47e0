"""Keeps taxpayers supplied: numbers at hand and each month's quota known, for thousands at a bounded rate."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from libs.common.clock import SHANGHAI, utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.invoice.authority.together import together
from services.invoice.domain.authority import Authority, AuthorityUnavailable, NumberRange
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.settings import InvoiceSettings
from services.invoice.store.connector import QuotaDue, claim_numbers_due, claim_quota_due
from services.invoice.store.entitlement import period_of
from services.invoice.store.number_block import (
    BlockOrder,
    claim_orders,
    order_blocks,
    order_stock,
    save_block,
)
from services.invoice.store.quota import Grant, save_grants

log = get_logger(__name__)

# Numbers of the next year, and the next month's quota, are fetched this long before it begins.
_AHEAD = timedelta(days=2)
# Stock is looked at after each upload; an idle taxpayer's only for the turn of the year.
_STOCK_ROUND = 500
_STOCK_REST = timedelta(minutes=5)
_ORDER_ROUND = 20
_ORDER_REST = timedelta(seconds=3)
# The bureau is asked for so many quotas a round, whoever has waited longest, and for nobody's more often than this.
_QUOTA_ROUND = 20
_QUOTA_REST = timedelta(seconds=1.5)


class SupplyWorker:
    """Each method is a round of a loop; nothing is held in the database while the authority is spoken to."""

    def __init__(
        self,
        pool: Pool,
        authority: Authority,
        settings: InvoiceSettings,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pool = pool
        self._authority = authority
        self._settings = settings
        self._clock = clock

    async def stock_numbers(self) -> bool:
        """Order digital numbers and stock where few are left, and fetch what was ordered."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            due = await claim_numbers_due(tx, now=now, again_at=now + _STOCK_REST, limit=_STOCK_ROUND)
            years = sorted({day.year for day in _days(now)})
            await order_blocks(tx, due, years, reorder_below=self._settings.reorder_below, now=now)
            await order_stock(tx, due, reorder_below=self._settings.restock_below, now=now)
        async with transaction(self._pool) as tx:
            orders = await claim_orders(tx, now=now, asked_before=now - _ORDER_REST, limit=_ORDER_ROUND)
        await together(self._fetch(order) for order in orders)
        return len(due) == _STOCK_ROUND

    async def _fetch(self, order: BlockOrder) -> None:
        try:
            block = await self._allocate(order)
        except AuthorityUnavailable as error:
            log.warning("numbers_not_received", taxpayer=str(order.taxpayer_id), error=str(error))
            return
        async with transaction(self._pool) as tx:
            await save_block(tx, order, block, now=self._clock())
        log.info(
            "numbers_received",
            taxpayer=str(order.taxpayer_id),
            code=block.code,
            first=block.first,
            last=block.last,
        )

    async def _allocate(self, order: BlockOrder) -> NumberRange:
        authority, settings, request_id = self._authority, self._settings, order.id.hex
        seller, series = order.seller_tax_id, order.series
        if isinstance(series, InvoiceKind):
            return await authority.allocate_stock(seller, series, settings.stock_size, request_id=request_id)
        return await authority.allocate_numbers(seller, series, settings.block_size, request_id=request_id)

    async def learn_quotas(self) -> bool:
        """Take over this month's grants, and the next month's shortly before it begins."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            due = await claim_quota_due(tx, now=now, again_at=now + _QUOTA_REST, limit=_QUOTA_ROUND)
        periods = sorted({period_of(day) for day in _days(now)})
        grants = await together(self._ask(each, period) for each in due for period in periods)
        async with transaction(self._pool) as tx:
            await save_grants(tx, [grant for grant in grants if grant is not None], now=now)
        return False

    async def _ask(self, due: QuotaDue, period: str) -> Grant | None:
        try:
            quota = await self._authority.get_quota(due.seller_tax_id, period)
        except AuthorityUnavailable as error:
            log.warning("quota_not_learnt", taxpayer=str(due.taxpayer_id), period=period, error=str(error))
            return None
        return Grant(due.tenant, due.taxpayer_id, period, quota.total, quota.is_suspended, quota.used)


def _days(now: datetime) -> list[date]:
    return [instant.astimezone(SHANGHAI).date() for instant in (now, now + _AHEAD)]
