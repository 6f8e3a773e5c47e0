"""Compares, page by page and for ever, what is stored with what must be true of it; differences are metrics."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.invoice.domain.documents import EAGER_FORMATS
from services.invoice.metrics import MISMATCHES, RECONCILED, RECONCILED_AT
from services.invoice.store.reconciliation import check_invoices, check_quotas, check_reversals

log = get_logger(__name__)

PAGE = 1000
RULES = (
    "number_year",
    "voided_digital",
    "totals",
    "lines",
    "view",
    "event",
    "applied",
    "document",
    "quota",
    "reversal",
)
# Younger events may be on their way, for instance after a bulk job; documents are given six hours more.
GRACE = timedelta(hours=1)
# Of one rule so many are named in a pass; all are counted.
_NAMED = 100
_BEGINNING = (UUID(int=0), UUID(int=0))


class Reconciler:
    """`step()` looks at one page; after the last one the gauges say what the whole pass found."""

    def __init__(
        self,
        pool: Pool,
        clock: Callable[[], datetime] = utc_now,
        *,
        formats: Sequence[str] = EAGER_FORMATS,
    ) -> None:
        self._pool = pool
        self._formats = formats
        self._clock = clock
        self._after = _BEGINNING
        self._found: Counter[str] = Counter()

    async def step(self) -> bool:
        """Always False: the loop rests between pages, so that checking never competes with issuing."""
        async with transaction(self._pool) as tx:
            page = await check_invoices(
                tx, self._after, PAGE, formats=self._formats, settled_before=self._clock() - GRACE
            )
        RECONCILED.inc(len(page))
        for invoice in page:
            for rule in invoice.broken:
                self._note(rule, invoice=str(invoice.id), tenant=str(invoice.tenant))
        if len(page) == PAGE:
            self._after = (page[-1].tenant, page[-1].id)
        else:
            await self._finish()
        return False

    async def _finish(self) -> None:
        async with transaction(self._pool) as tx:
            broken = await check_quotas(tx)
            reversed_wrongly = await check_reversals(tx)
        for tenant, taxpayer in broken:
            self._note("quota", taxpayer=str(taxpayer), tenant=str(tenant))
        for tenant, invoice in reversed_wrongly:
            self._note("reversal", invoice=str(invoice), tenant=str(tenant))
        for rule in RULES:
            MISMATCHES.labels(rule).set(self._found[rule])
        RECONCILED_AT.set_to_current_time()
        self._after, self._found = _BEGINNING, Counter()

    def _note(self, rule: str, **where: str) -> None:
        self._found[rule] += 1
        if self._found[rule] <= _NAMED:
            log.error("reconciliation_mismatch", rule=rule, **where)
