"""The daily summary, by which a platform compares its books with the bureau's."""

from datetime import date

from aiohttp import web

from sandbox.bureau.api import deliver, take_read_fault
from sandbox.bureau.faults import READ_MODES
from sandbox.bureau.schemas import SellerQuery
from sandbox.bureau.store.clock import load_moment
from sandbox.bureau.store.summaries import add_up_day
from sandbox.serving.application import DATABASE, read_query


class DayQuery(SellerQuery, frozen=True):
    """Invoices dated on one day."""

    day: date


async def get_summary(request: web.Request) -> web.Response:
    """What is held of a seller's day."""
    query = read_query(request, DayQuery)
    mode = await take_read_fault(request, query.seller, READ_MODES)
    summary = await request.app[DATABASE].read(
        lambda tx: add_up_day(tx, query.seller, query.day, load_moment(tx))
    )
    return await deliver(request, mode, summary)


ROUTES = [web.get("/v1/summaries", get_summary)]
