"""Routes of a tenant's printers: their paper and offsets, saved by name."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response

from libs.common.answers import expected_version, is_seen
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.problems import NotFound
from libs.common.strict_json import StrictRoute
from services.render.print.commands import remove_printer, save_printer
from services.render.print.printers import PrinterSetting
from services.render.print.queries import find_printer, list_printers
from services.render.print.schemas import (
    PrinterBody,
    PrinterItem,
    PrinterList,
    PrinterName,
    describe_printer,
)
from services.render.resources import Resources

router = APIRouter(prefix="/v1/printers", route_class=StrictRoute, tags=["printing"])

Reader = Annotated[Principal, Depends(require("document:read"))]
Writer = Annotated[Principal, Depends(require("document:read", "invoice:write"))]


@router.get("")
async def get_printers(request: Request, principal: Reader) -> PrinterList:
    """Every printer of the tenant by name."""
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool, principal.tenant) as tx:
        printers = await list_printers(tx, principal.tenant)
    return PrinterList(items=[describe_printer(printer) for printer in printers], as_of=utc_now())


@router.get("/{name}", response_model=PrinterItem)
async def get_printer(
    request: Request,
    *,
    response: Response,
    name: PrinterName,
    principal: Reader,
    if_none_match: Annotated[str | None, Header()] = None,
) -> PrinterItem | Response:
    """One printer; 304 where the client has this version."""
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool, principal.tenant) as tx:
        printer = await find_printer(tx, principal.tenant, name)
    if printer is None:
        raise NotFound
    response.headers["etag"] = etag = f'"{printer.version}"'
    if is_seen(etag, if_none_match):
        return Response(status_code=304, headers={"etag": etag})
    return describe_printer(printer)


@router.put("/{name}")
async def put_printer(
    request: Request,
    *,
    response: Response,
    name: PrinterName,
    body: PrinterBody,
    principal: Writer,
    if_match: Annotated[str | None, Header()] = None,
) -> PrinterItem:
    """Save a printer under its name, new or anew. With If-Match only that version is replaced."""
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool, principal.tenant) as tx:
        printer = await save_printer(
            tx,
            principal.tenant,
            PrinterSetting(name, body.profile, body.dx, body.dy),
            expected=expected_version(if_match),
            actor=principal.actor,
            request_id=current_correlation().id,
            now=utc_now(),
        )
    response.headers["etag"] = f'"{printer.version}"'
    return describe_printer(printer)


@router.delete("/{name}", status_code=204)
async def delete_printer(
    request: Request,
    *,
    name: PrinterName,
    principal: Writer,
    if_match: Annotated[str | None, Header()] = None,
) -> None:
    """Forget a printer."""
    resources: Resources = request.app.state.resources
    async with transaction(resources.pool, principal.tenant) as tx:
        await remove_printer(
            tx,
            principal.tenant,
            name,
            expected=expected_version(if_match),
            actor=principal.actor,
            request_id=current_correlation().id,
            now=utc_now(),
        )
