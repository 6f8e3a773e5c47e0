"""Voids over HTTP."""

from sqlite3 import Connection
from typing import Any

from aiohttp import web

from sandbox.bureau.api import deliver
from sandbox.bureau.correction_schemas import (
    VoidOrder,
)
from sandbox.bureau.faults import BLOCK_MODES, Mode
from sandbox.bureau.store.clock import load_moment
from sandbox.bureau.store.faults import take_fault
from sandbox.bureau.voids import void
from sandbox.serving.application import DATABASE, read_body


async def post_void(request: web.Request) -> web.Response:
    """Void an invoice; one that is voided already stays so, and gets the same answer."""
    order = await read_body(request, VoidOrder)

    def judge(tx: Connection) -> tuple[Mode | None, dict[str, Any] | None]:
        mode = take_fault(tx, order.seller, BLOCK_MODES)
        return mode, None if mode is Mode.DOWN else void(tx, order, load_moment(tx))

    mode, answer = await request.app[DATABASE].write(judge)
    return await deliver(request, mode, answer)


ROUTES = [web.post("/v1/voids", post_void)]
