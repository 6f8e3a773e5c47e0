"""The authority port: what a platform that issues invoices asks of the bureau."""

import asyncio
from collections.abc import Container
from sqlite3 import Connection
from typing import Any

from aiohttp import web

from sandbox.bureau.commands import Desk, Reception, allocate_block, allocate_stock, receive_invoices
from sandbox.bureau.courier import COURIER
from sandbox.bureau.faults import BLOCK_MODES, READ_MODES, Mode
from sandbox.bureau.queries import find_invoice, get_quota
from sandbox.bureau.rejections import REJECTIONS
from sandbox.bureau.schemas import (
    Batch,
    BlockAnswer,
    BlockOrder,
    InvoiceAnswer,
    InvoiceQuery,
    QueryBatch,
    QuotaQuery,
    SellerQuery,
    StockAnswer,
    StockOrder,
    Submission,
)
from sandbox.bureau.settings import BureauSettings
from sandbox.bureau.store.clock import load_moment
from sandbox.bureau.store.faults import EVERY_SELLER, find_fault, take_fault
from sandbox.serving.application import DATABASE, json_response, read_body, read_query
from sandbox.serving.problems import ValidationFailed
from sandbox.serving.strict_json import convert

SETTINGS = web.AppKey("SETTINGS", BureauSettings)


async def post_block(request: web.Request) -> web.Response:
    """Allocate consecutive numbers."""
    order = await read_body(request, BlockOrder)

    def allocate(tx: Connection) -> tuple[Mode | None, BlockAnswer | None]:
        mode = take_fault(tx, order.seller, BLOCK_MODES)
        return mode, None if mode is Mode.DOWN else allocate_block(open_desk(request, tx), order)

    mode, block = await request.app[DATABASE].write(allocate)
    return await deliver(request, mode, block)


async def post_stock(request: web.Request) -> web.Response:
    """Allocate consecutive numbers under a code."""
    order = await read_body(request, StockOrder)

    def allocate(tx: Connection) -> tuple[Mode | None, StockAnswer | None]:
        mode = take_fault(tx, order.seller, BLOCK_MODES)
        return mode, None if mode is Mode.DOWN else allocate_stock(open_desk(request, tx), order)

    mode, stock = await request.app[DATABASE].write(allocate)
    return await deliver(request, mode, stock)


async def post_invoice(request: web.Request) -> web.Response:
    """Submit one invoice."""
    invoice = await read_body(request, Submission)
    reception = await submit(request, [invoice])
    return await deliver(request, reception.mode, next(iter(reception.answers), None))


async def post_batch(request: web.Request) -> web.Response:
    """Submit up to 500 invoices; answers come in the same order."""
    batch = await read_body(request, Batch)
    entries = [read_entry(entry) for entry in batch.invoices]
    reception = await submit(request, [entry for entry in entries if isinstance(entry, Submission)])
    answers = iter(reception.answers)
    items: list[Any] = [next(answers, None) if isinstance(entry, Submission) else entry for entry in entries]
    if reception.mode is Mode.PARTIAL_BATCH:
        items[::2] = [unanswered(each) for each in items[::2]]
    return await deliver(request, reception.mode, {"items": items})


def unanswered(answer: InvoiceAnswer | None) -> dict[str, object]:
    """Whatever became of the invoice, the caller is not told."""
    known = {} if answer is None else {"seller": answer.seller, "serial": answer.serial}
    return {**known, "status": "unanswered", "state": "unknown"}


def read_entry(entry: dict[str, Any]) -> Submission | InvoiceAnswer:
    """An invoice of a batch, or the refusal of a malformed one, of which nothing is kept."""
    try:
        return convert(entry, Submission)
    except ValidationFailed as problem:
        rejection = REJECTIONS["malformed"].explain(f"{problem.pointer or '/'}: {problem}")
        seller, serial = (
            value if isinstance(value := entry.get(key), str) else None for key in ("seller", "serial")
        )
        return InvoiceAnswer(
            seller=seller, serial=serial, status="rejected", state="not_found", error=rejection
        )


async def submit(request: web.Request, invoices: list[Submission]) -> Reception:
    """All in one transaction; callbacks go out once it is committed."""
    reception = await request.app[DATABASE].write(
        lambda tx: receive_invoices(open_desk(request, tx), invoices)
    )
    request.app[COURIER].send(reception.notices)
    return reception


def open_desk(request: web.Request, tx: Connection) -> Desk:
    """The bureau as it stands now."""
    return Desk(tx, load_moment(tx), request.app[SETTINGS].bureau_issue_delay_millis)


async def get_invoice(request: web.Request) -> web.Response:
    """Ask for one invoice."""
    query = read_query(request, InvoiceQuery)
    mode = await take_read_fault(request, query.seller or EVERY_SELLER, READ_MODES)
    return await deliver(
        request, mode, await request.app[DATABASE].read(lambda tx: find_invoice(tx, query, load_moment(tx)))
    )


async def post_queries(request: web.Request) -> web.Response:
    """Ask for up to 500 invoices; answers come in the same order."""
    batch = await read_body(request, QueryBatch)
    mode = await take_read_fault(request, batch.invoices[0].seller or EVERY_SELLER, READ_MODES)

    def find_all(tx: Connection) -> list[InvoiceAnswer]:
        moment = load_moment(tx)
        return [find_invoice(tx, query, moment) for query in batch.invoices]

    items = await request.app[DATABASE].read(find_all)
    return await deliver(request, mode, {"items": items})


async def get_quota_of_month(request: web.Request) -> web.Response:
    """The seller's quota."""
    query = read_query(request, QuotaQuery)
    mode = await take_read_fault(request, query.seller, READ_MODES)
    return await deliver(
        request, mode, await request.app[DATABASE].read(lambda tx: get_quota(tx, query, load_moment(tx)))
    )


async def get_operator_session(request: web.Request) -> web.Response:
    """Whether a person has to sign in at the bureau before anything can be submitted."""
    query = read_query(request, SellerQuery)
    mode = await take_read_fault(request, query.seller, (*READ_MODES, Mode.LOGIN_NEEDED))
    status = "login_needed" if mode is Mode.LOGIN_NEEDED else "ok"
    return await deliver(request, mode, {"seller": query.seller, "status": status})


async def take_read_fault(request: web.Request, seller: str, modes: Container[Mode]) -> Mode | None:
    """Costs a write only when a fault is ordered."""
    database = request.app[DATABASE]
    if await database.read(lambda tx: find_fault(tx, seller, modes)) is None:
        return None
    return await database.write(lambda tx: take_fault(tx, seller, modes))


async def deliver(request: web.Request, mode: Mode | None, answer: object) -> web.Response:
    """Answer, or spoil the answer to work that is done and committed."""
    settings = request.app[SETTINGS]
    if mode is Mode.SLOW:
        await asyncio.sleep(settings.bureau_slow_millis / 1000)
    if mode is Mode.TIMEOUT_AFTER_ACCEPT:
        await asyncio.sleep(settings.bureau_hold_millis / 1000)
    if mode in (Mode.DOWN, Mode.TIMEOUT_AFTER_ACCEPT):
        return hang_up(request)
    return json_response(answer)


def hang_up(request: web.Request) -> web.Response:
    """Close the connection; the status is only for the log."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


ROUTES = [
    web.post("/v1/blocks", post_block),
    web.post("/v1/stock", post_stock),
    web.post("/v1/invoices", post_invoice),
    web.post("/v1/invoices/batch", post_batch),
    web.post("/v1/invoices/queries", post_queries),
    web.get("/v1/invoices", get_invoice),
    web.get("/v1/quota", get_quota_of_month),
    web.get("/v1/operator-session", get_operator_session),
]
