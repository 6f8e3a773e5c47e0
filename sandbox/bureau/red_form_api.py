"""Red-letter forms over HTTP: the port for sellers, and the control port with the buyer's hand."""

from sqlite3 import Connection
from typing import Any

from aiohttp import web

from sandbox.bureau.api import deliver, take_read_fault
from sandbox.bureau.callbacks import Notice, tell_of_form
from sandbox.bureau.correction_schemas import (
    FormAction,
    FormApplication,
    FormControl,
    FormQueries,
    FormQuery,
    UsageOrder,
)
from sandbox.bureau.courier import COURIER
from sandbox.bureau.faults import READ_MODES
from sandbox.bureau.red_forms import act, act_as_buyer, apply
from sandbox.bureau.schemas import (
    ListQuery,
)
from sandbox.bureau.store.clock import load_moment
from sandbox.bureau.store.red_forms import list_of_seller, load_form, load_usage, save_usage
from sandbox.serving.application import DATABASE, json_response, read_body, read_query
from sandbox.serving.database import Work
from sandbox.serving.paging import make_page
from sandbox.serving.problems import Conflict


async def post_red_form(request: web.Request) -> web.Response:
    """Apply for a form."""
    order = await read_body(request, FormApplication)
    mode = await take_read_fault(request, order.seller, READ_MODES)
    answer = await write_form(request, lambda tx: apply(tx, order, load_moment(tx)))
    return await deliver(request, mode, answer)


async def write_form(request: web.Request, work: Work[dict[str, Any]]) -> dict[str, Any]:
    """The form after `work`, of which the platform may be told unasked."""

    def tell(tx: Connection) -> tuple[dict[str, Any], list[Notice]]:
        form = work(tx)
        return form, tell_of_form(tx, form)

    form, notices = await request.app[DATABASE].write(tell)
    request.app[COURIER].send(notices)
    return form


async def post_queries(request: web.Request) -> web.Response:
    """How forms stand; answers come in the same order."""
    batch = await read_body(request, FormQueries)
    mode = await take_read_fault(request, batch.forms[0].seller, READ_MODES)

    def find(tx: Connection, query: FormQuery) -> dict[str, Any]:
        form = load_form(tx, query.seller, query.serial)
        return form.answer(load_moment(tx)) if form else {"status": "not_found", "serial": query.serial}

    items = await request.app[DATABASE].read(lambda tx: [find(tx, query) for query in batch.forms])
    return await deliver(request, mode, {"items": items})


async def post_action(request: web.Request) -> web.Response:
    """The seller confirms, rejects or revokes; what cannot be is answered with the form as it is."""
    order = await read_body(request, FormAction)
    mode = await take_read_fault(request, order.seller, READ_MODES)

    def change(tx: Connection) -> dict[str, Any]:
        form, moment = load_form(tx, order.seller, order.serial), load_moment(tx)
        if form is None:
            return {"status": "not_found", "serial": order.serial}
        try:
            return act(tx, form, "seller", order.action, moment).answer(moment)
        except Conflict:
            return form.answer(moment)

    return await deliver(request, mode, await write_form(request, change))


async def get_red_forms(request: web.Request) -> web.Response:
    """A seller's forms in the order they came, those of buyers among them."""
    query = read_query(request, ListQuery)
    mode = await take_read_fault(request, query.seller, READ_MODES)

    def read(tx: Connection) -> object:
        forms = list_of_seller(
            tx, query.seller, load_moment(tx), after=int(query.cursor), limit=query.limit + 1
        )
        return make_page(forms, query.limit)

    return await deliver(request, mode, await request.app[DATABASE].read(read))


async def get_usage(request: web.Request) -> web.Response:
    """Whether the buyer has used or booked an invoice."""
    number = request.match_info["number"]
    usage = await request.app[DATABASE].read(lambda tx: load_usage(tx, number))
    return json_response({"number": number, "usage": usage})


async def control_usage(request: web.Request) -> web.Response:
    """The buyer deducts or books, or takes it back."""
    order = await read_body(request, UsageOrder)
    await request.app[DATABASE].write(lambda tx: save_usage(tx, order.number, order.usage))
    return json_response({"number": order.number, "usage": order.usage})


async def control_red_form(request: web.Request) -> web.Response:
    """The buyer confirms, rejects, revokes or applies; `issue`: the bureau issues the red invoice by itself."""
    order = await read_body(request, FormControl)

    def change(tx: Connection) -> dict[str, Any]:
        moment = load_moment(tx)
        return act_as_buyer(tx, order.number, order.action, moment).answer(moment)

    return json_response(await write_form(request, change))


ROUTES = [
    web.post("/v1/red-forms", post_red_form),
    web.post("/v1/red-forms/queries", post_queries),
    web.post("/v1/red-forms/actions", post_action),
    web.get("/v1/red-forms", get_red_forms),
    web.get("/v1/usage/{number}", get_usage),
    web.post("/control/usage", control_usage),
    web.post("/control/red-forms", control_red_form),
    web.get("/control/red-forms", get_red_forms),
]
