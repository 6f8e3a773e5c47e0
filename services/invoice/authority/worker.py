"""Loops that deal with the authority: submit and ask, keep numbers in stock, learn the quota."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from libs.common.clock import SHANGHAI, utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import InvoiceId, new_id
from libs.common.log import get_logger
from services.invoice.commands.settle_submissions import Answer, QrKindOf, settle_submissions
from services.invoice.domain.authority import Authority, AuthorityUnavailable, Upload, Verdict
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.settings import InvoiceSettings
from services.invoice.store.entitlement import period_of
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.number_block import load_open_orders, order_block, save_block
from services.invoice.store.quota import Grant, save_grant
from services.invoice.store.submission import Submission, claim_submissions
from services.invoice.store.taxpayer import Taxpayer, list_all_taxpayers

log = get_logger(__name__)

BATCH = 200
# Numbers of the next year, and its first month's quota, are fetched this long before it begins.
_AHEAD = timedelta(days=2)


class _Task(NamedTuple):
    """A claimed submission with its invoice."""

    submission: Submission
    stored: StoredInvoice

    @property
    def upload(self) -> Upload:
        return Upload(self.submission.serial, self.stored.invoice)

    def seller(self) -> str:
        return self.stored.invoice.seller.tax_id


class AuthorityWorker:
    """Each method is a round of a loop; nothing is held in the database while the authority is spoken to."""

    def __init__(
        self, pool: Pool, authority: Authority, settings: InvoiceSettings, qr_kind_of: QrKindOf
    ) -> None:
        self._pool = pool
        self._authority = authority
        self._settings = settings
        self._qr_kind_of = qr_kind_of
        # A round asks once and submits once; what a killed worker held waits so long.
        self._lease = timedelta(seconds=2 * settings.authority_timeout_seconds + 5)

    async def settle(self) -> bool:
        """Submit or ask what is due; True if there may be more."""
        async with transaction(self._pool) as tx:
            now = utc_now()
            claimed = await claim_submissions(tx, now=now, until=now + self._lease, limit=BATCH)
            wanted = [(each.tenant, InvoiceId(each.invoice_id)) for each in claimed]
            found = await load_invoices_locked(tx, wanted) if claimed else {}
        tasks = [_Task(each, found[InvoiceId(each.invoice_id)]) for each in claimed]
        tasks.sort(key=_Task.seller)
        groups = [list(group) for _, group in groupby(tasks, key=_Task.seller)]
        for answers in await asyncio.gather(*(self._deal(group) for group in groups)):
            await self._record(answers)
        return len(claimed) == BATCH

    async def _deal(self, tasks: Sequence[_Task]) -> list[Answer]:
        """Ask before anything whose outcome is unknown is submitted again, always under its one serial."""
        asked = [task for task in tasks if task.submission.ask_first]
        fresh = [task for task in tasks if not task.submission.ask_first]
        answers: list[Answer] = []
        if asked:
            outcomes = await self._authority.ask([task.upload for task in asked])
            for task, outcome in zip(asked, outcomes, strict=True):
                if outcome.verdict is Verdict.NOT_FOUND:
                    fresh.append(task)
                else:
                    answers.append(Answer(task.submission, task.stored, outcome))
        if fresh:
            submitted = await self._authority.submit([task.upload for task in fresh])
            answers += [
                Answer(task.submission, task.stored, outcome)
                for task, outcome in zip(fresh, submitted, strict=True)
            ]
        return answers

    async def _record(self, answers: Sequence[Answer]) -> None:
        async with transaction(self._pool) as tx:
            await settle_submissions(tx, answers, qr_kind_of=self._qr_kind_of, now=utc_now())

    async def stock_numbers(self) -> bool:
        """Order blocks where few numbers are left, and fetch what was ordered."""
        now = utc_now()
        for taxpayer in await self._taxpayers():
            if taxpayer.channel is NumberChannel.LOCAL_BLOCKS:
                await self._order(taxpayer, now)
        async with transaction(self._pool) as tx:
            orders = await load_open_orders(tx)
        for order in orders:
            try:
                block = await self._authority.allocate_numbers(
                    order.seller_tax_id, order.year, self._settings.block_size, request_id=order.id.hex
                )
            except AuthorityUnavailable as error:
                log.warning("numbers_not_received", taxpayer=str(order.taxpayer_id), error=str(error))
                continue
            async with transaction(self._pool) as tx:
                await save_block(tx, order, block.first, block.last, now=utc_now())
            log.info("numbers_received", taxpayer=str(order.taxpayer_id), first=block.first, last=block.last)
        return False

    async def _order(self, taxpayer: Taxpayer, now: datetime) -> None:
        for year in sorted({instant.astimezone(SHANGHAI).year for instant in (now, now + _AHEAD)}):
            async with transaction(self._pool) as tx:
                await order_block(
                    tx,
                    taxpayer.tenant,
                    taxpayer.id,
                    year,
                    block_id=new_id(),
                    reorder_below=self._settings.reorder_below,
                    now=now,
                )

    async def learn_quotas(self) -> bool:
        """Take over this month's grants, and the next month's shortly before it begins."""
        now = utc_now()
        periods = sorted({period_of(instant.astimezone(SHANGHAI).date()) for instant in (now, now + _AHEAD)})
        for taxpayer in await self._taxpayers():
            for period in periods:
                await self._learn(taxpayer, period)
        return False

    async def _learn(self, taxpayer: Taxpayer, period: str) -> None:
        try:
            quota = await self._authority.get_quota(taxpayer.seller.tax_id, period)
        except AuthorityUnavailable as error:
            log.warning("quota_not_learnt", taxpayer=str(taxpayer.id), period=period, error=str(error))
            return
        grant = Grant(taxpayer.tenant, taxpayer.id, period, quota.total, quota.is_suspended)
        async with transaction(self._pool) as tx:
            await save_grant(tx, grant, now=utc_now())

    async def _taxpayers(self) -> list[Taxpayer]:
        async with transaction(self._pool) as tx:
            return await list_all_taxpayers(tx)
