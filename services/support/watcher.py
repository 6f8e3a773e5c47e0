"""The promise clock: opens a ticket for every invoice that was not final by `expected_final_by`, or one for all that
wait for the same closed connection with the tax bureau.

A promise counts as missed only once everything published before its end has been applied here: a worker that comes
back after an outage catches up first and opens no ticket for what was settled meanwhile.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from libs.common.clock import utc_now
from libs.common.context import correlated, new_correlation
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.support.commands import OpenTicket, open_ticket
from services.support.domain.connectors import closed_connector_text
from services.support.domain.promises import missed_promise_text
from services.support.domain.tickets import PLATFORM
from services.support.metrics import PROMISES_MISSED
from services.support.store.connectors import claim_closed, keep_ticket
from services.support.store.facts import claim_overdue, has_overdue

log = get_logger(__name__)

TICKETS_A_ROUND = 50


class Horizon(Protocol):
    """How far this service has caught up with the others."""

    async def reach(self, now: datetime) -> datetime | None:
        """An instant before which every published event has been applied; None while that is not known."""


class Watcher:
    """`step` is one round of the loop. Each ticket is opened in one transaction with the claim of its promise."""

    def __init__(
        self, pool: Pool, horizon: Horizon, *, grace: timedelta, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._pool = pool
        self._horizon = horizon
        self._grace = grace
        self._clock = clock

    async def step(self) -> bool:
        """True while more may be overdue."""
        now = self._clock()
        async with transaction(self._pool) as tx:
            if not await has_overdue(tx, now - self._grace):
                return False
        reached = await self._horizon.reach(now)
        if reached is None:
            return False
        for _ in range(TICKETS_A_ROUND):
            if not await self._open_one(reached - self._grace):
                return False
        return True

    async def _open_one(self, before: datetime) -> bool:
        return await self._speak_for_connector(before) or await self._speak_for_invoice(before)

    async def _speak_for_connector(self, before: datetime) -> bool:
        with correlated(new_correlation()):
            async with transaction(self._pool) as tx:
                connector = await claim_closed(tx, before)
                if connector is None:
                    return False
                command = OpenTicket(connector.tenant, PLATFORM, closed_connector_text(connector))
                ticket = await open_ticket(tx, command, now=self._clock())
                await keep_ticket(tx, connector, ticket.id)
            log.warning(
                "connector_made_invoices_late",
                taxpayer=str(connector.taxpayer),
                tenant=str(connector.tenant),
                invoices=connector.invoices,
            )
        return True

    async def _speak_for_invoice(self, before: datetime) -> bool:
        with correlated(new_correlation()):
            async with transaction(self._pool) as tx:
                missed = await claim_overdue(tx, before)
                if missed is None:
                    return False
                if not missed.has_ticket:
                    text = missed_promise_text(missed)
                    command = OpenTicket(missed.tenant, PLATFORM, text, str(missed.invoice.id))
                    await open_ticket(tx, command, now=self._clock())
            PROMISES_MISSED.inc()
            log.warning("promise_missed", invoice=str(missed.invoice.id), tenant=str(missed.tenant))
        return True
