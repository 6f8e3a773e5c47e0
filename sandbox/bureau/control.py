"""The control port: for those who rehearse and check, never for a platform that issues."""

from sqlite3 import Connection

from aiohttp import web

from sandbox.bureau.clock import Moment, to_rfc3339
from sandbox.bureau.queries import get_block_page, get_invoice_page, get_stock_page
from sandbox.bureau.schemas import ClockOrder, FaultOrder, ListQuery, QuotaAnswer, QuotaOrder
from sandbox.bureau.store.clock import load_moment, save_offset
from sandbox.bureau.store.faults import list_faults, order_fault
from sandbox.bureau.store.quotas import set_quota
from sandbox.serving.application import DATABASE, json_response, read_body, read_query


async def post_fault(request: web.Request) -> web.Response:
    """Order bad days, or end them."""
    order = await read_body(request, FaultOrder)
    await request.app[DATABASE].write(lambda tx: order_fault(tx, order))
    return await get_faults(request)


async def get_faults(request: web.Request) -> web.Response:
    """The orders that have strikes left."""
    return json_response({"items": await request.app[DATABASE].read(list_faults)})


async def get_invoices(request: web.Request) -> web.Response:
    """Everything held of a seller."""
    query = read_query(request, ListQuery)
    return json_response(
        await request.app[DATABASE].read(lambda tx: get_invoice_page(tx, query, load_moment(tx)))
    )


async def get_blocks(request: web.Request) -> web.Response:
    """Every block of a seller."""
    query = read_query(request, ListQuery)
    return json_response(await request.app[DATABASE].read(lambda tx: get_block_page(tx, query)))


async def get_stock(request: web.Request) -> web.Response:
    """All stock under codes of a seller."""
    query = read_query(request, ListQuery)
    return json_response(await request.app[DATABASE].read(lambda tx: get_stock_page(tx, query)))


async def post_clock(request: web.Request) -> web.Response:
    """Move the clock; 0 sets it right again."""
    order = await read_body(request, ClockOrder)

    def move(tx: Connection) -> Moment:
        save_offset(tx, order.offset_seconds)
        return load_moment(tx)

    moment = await request.app[DATABASE].write(move)
    return json_response({"offset_seconds": order.offset_seconds, "now": to_rfc3339(moment.now)})


async def post_quota(request: web.Request) -> web.Response:
    """Set a month's total, or suspend it."""
    order = await read_body(request, QuotaOrder)

    def change(tx: Connection) -> QuotaAnswer:
        return set_quota(tx, order, order.period or load_moment(tx).period)

    return json_response(await request.app[DATABASE].write(change))


ROUTES = [
    web.post("/control/faults", post_fault),
    web.get("/control/faults", get_faults),
    web.get("/control/invoices", get_invoices),
    web.get("/control/blocks", get_blocks),
    web.get("/control/stock", get_stock),
    web.post("/control/clock", post_clock),
    web.post("/control/quota", post_quota),
]
