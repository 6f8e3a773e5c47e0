"""Where invoices are issued: for each taxpayer one transaction after the other, with all that came in meanwhile.

Quota and numbers of a taxpayer are rows from which one transaction at a time can take. Queueing for them in the
database, fifty requests need fifty commits in a row; queueing here, they need two or three.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from typing import NamedTuple

from fastapi import Response

from libs.common.clock import utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.idempotency import IdempotentRequest, claim_many, load_answer
from libs.common.ids import TaxpayerId, TenantId
from libs.common.problems import RequestInFlight, Unavailable
from services.invoice.commands.issue_invoice import IssueRequest, issue_invoices
from services.invoice.errors import DuplicateInvoice, DuplicateReference
from services.invoice.queries.duplicates import explain

MOST_TOGETHER = 50

Counter = tuple[TenantId, TaxpayerId | None]


class Order(NamedTuple):
    """A request that waits for its answer."""

    request: IssueRequest
    answer: "asyncio.Future[Response]"


class Desk:
    """One line a taxpayer; nobody waits for others to come, only for the transaction that is under way."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lines: dict[Counter, deque[Order]] = {}
        self._clerks: set[asyncio.Task[None]] = set()

    async def issue(self, request: IssueRequest) -> Response:
        """The answer once it is committed, or the remembered one. Raises what `issue_invoices` raises."""
        order = Order(request, asyncio.get_running_loop().create_future())
        counter = (request.tenant, request.taxpayer_id)
        if counter in self._lines:
            self._lines[counter].append(order)
        else:
            self._lines[counter] = deque([order])
            clerk = asyncio.create_task(self._serve_line(counter), context=Context())
            self._clerks.add(clerk)
            clerk.add_done_callback(self._clerks.discard)
        return await order.answer

    async def _serve_line(self, counter: Counter) -> None:
        line = self._lines[counter]
        try:
            while line:
                await self._serve(_take_together(line))
        finally:
            del self._lines[counter]

    async def _serve(self, orders: Sequence[Order]) -> None:
        """Together if that works; else in halves, so that one refused request hurts no other."""
        try:
            answers = await self._issue([order.request for order in orders])
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            if len(orders) == 1 or type(error) is Unavailable:
                for order in orders:
                    if not order.answer.done():
                        order.answer.set_exception(error)
                return
            middle = len(orders) // 2
            await self._serve(orders[:middle])
            await self._serve(orders[middle:])
        else:
            for order, answer in zip(orders, answers, strict=True):
                if not order.answer.done():
                    order.answer.set_result(answer)

    async def _issue(self, requests: Sequence[IssueRequest]) -> list[Response]:
        try:
            return await self._issue_together(requests)
        except (DuplicateReference, DuplicateInvoice) as error:
            if len(requests) > 1:
                raise
            raise await explain(self._pool, requests[0].tenant, requests[0].priced.command, error) from None

    async def _issue_together(self, requests: Sequence[IssueRequest]) -> list[Response]:
        tenant, now = requests[0].tenant, utc_now()
        async with transaction(self._pool, tenant) as tx:
            ours = await claim_many(tx, tenant, [request.key for request in requests])
            answers = {
                request.key: await _replay(tx, tenant, request.key)
                for request in requests
                if request.key not in ours
            }
            fresh = [request for request in requests if request.key in ours]
            issued = await issue_invoices(tx, fresh, now=now) if fresh else []
        answers |= {
            request.key: each.answer.to_response()
            for request, each in zip(fresh, issued, strict=True)
            if each.answer is not None
        }
        return [answers[request.key] for request in requests]


async def _replay(tx: Tx, tenant: TenantId, key: IdempotentRequest) -> Response:
    answer = await load_answer(tx, tenant, key)
    if answer is None:
        raise RequestInFlight(retry_after=1)
    return answer


def _take_together(line: deque[Order]) -> list[Order]:
    """The first few, in order; one whose key is among them stays for the next transaction, to be answered alike."""
    taken: dict[tuple[str, str], Order] = {}
    for _ in range(len(line)):
        order = line.popleft()
        name = order.request.key[:2]
        if name in taken or len(taken) == MOST_TOGETHER:
            line.append(order)
        else:
            taken[name] = order
    return list(taken.values())
