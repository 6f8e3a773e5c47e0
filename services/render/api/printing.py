"""Routes of printing: profiles with their test pages, the trouble guide, and many invoices as one file."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.ids import TenantId
from libs.common.problems import FieldError, Invalid
from libs.common.strict_json import StrictRoute
from services.render.print.desk import print_selection, print_version, take_order
from services.render.print.printers import PrintWish
from services.render.print.profiles import ProfileName, load_profiles
from services.render.print.ruler_page import draw_test_page
from services.render.print.schemas import (
    Millimetres,
    PrintBatchBody,
    PrinterName,
    PrintProfileList,
    TroubleList,
    describe_profile,
    describe_trouble,
)
from services.render.print.troubles import load_troubles
from services.render.queries import DocumentView
from services.render.resources import Resources

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["printing"])

Reader = Annotated[Principal, Depends(require("document:read"))]
PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A PDF to be printed at its own size",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def read_wish(
    request: Request,
    profile: Annotated[ProfileName | None, Query(description="Print on this paper; PDF only")] = None,
    printer: Annotated[PrinterName | None, Query(description="A saved printer: its paper and offset")] = None,
    dx: Annotated[Millimetres | None, Query(description="Print moved to the right, in mm")] = None,
    dy: Annotated[Millimetres | None, Query(description="Print moved down, in mm")] = None,
) -> PrintWish | None:
    """What the query of a document says about paper, if anything."""
    wish = PrintWish(profile, printer, dx, dy)
    if wish == PrintWish():
        return None
    if request.path_params["format"] != "pdf" or request.query_params.get("link", "false") != "false":
        raise pdf_only()
    return wish


def pdf_only() -> Invalid:
    """For a wish about paper that is none for a PDF."""
    text = "Only the bytes of the PDF can be put on paper, not other formats or links."
    text_zh = "只有 PDF 文件本身可以按打印版式输出，其他格式和链接不可以。"
    return Invalid(errors=[FieldError("?profile", "pdf-only", text, text_zh)])


async def print_document(
    resources: Resources, tenant: TenantId, actor: str, document: DocumentView, wish: PrintWish
) -> Response:
    """A version of the PDF, which is ready, on the paper that was asked for."""
    order = await take_order(resources, tenant, actor, wish, pointer="?printer")
    content = await print_version(resources, order, document.key.invoice, document.key.version)
    return answer_print(content, f"print_{order.profile}_{document.code or ''}{document.number}")


def answer_print(content: bytes, name: str) -> Response:
    """Shown by the browser, whose print dialogue is near; never cached, for it is drawn anew each time."""
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'inline; filename="{name}.pdf"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, 200, headers, media_type="application/pdf")


@router.get("/print-profiles")
async def list_print_profiles(_: Reader) -> PrintProfileList:
    """The papers that invoices can be printed on."""
    items = [describe_profile(name, profile) for name, profile in load_profiles().items()]
    return PrintProfileList(items=items, as_of=utc_now())


@router.get("/print-profiles/{name}/test-page", response_class=Response, responses=PDF)
async def get_test_page(
    request: Request,
    *,
    name: ProfileName,
    principal: Reader,
    printer: Annotated[PrinterName | None, Query(description="A saved printer: its offset")] = None,
    dx: Annotated[Millimetres | None, Query(description="To the right, in mm")] = None,
    dy: Annotated[Millimetres | None, Query(description="Down, in mm")] = None,
) -> Response:
    """A ruler, crosses near the corners, a line to measure, and how to enter what was measured."""
    resources: Resources = request.app.state.resources
    wish = PrintWish(name, printer, dx, dy)
    order = await take_order(resources, principal.tenant, principal.actor, wish, pointer="?printer")
    return answer_print(draw_test_page(order.profile, order.offset), f"test_{name}")


@router.get("/print-troubles")
async def list_print_troubles(_: Reader) -> TroubleList:
    """What can go wrong at a printer and what to do, for the print dialogue."""
    return TroubleList(items=[describe_trouble(trouble) for trouble in load_troubles()], as_of=utc_now())


@router.post("/print-batches", response_class=Response, responses=PDF)
async def print_batch(request: Request, body: PrintBatchBody, principal: Reader) -> Response:
    """All of the invoices as one PDF in the order of their numbers, each once, with a bookmark each.

    409 `documents-not-ready` with Retry-After while the PDF of one is still being drawn.
    """
    resources: Resources = request.app.state.resources
    wish = PrintWish(body.profile, body.printer, body.dx, body.dy)
    order = await take_order(resources, principal.tenant, principal.actor, wish, pointer="/printer")
    content = await print_selection(resources, order, body.invoice_ids)
    return answer_print(content, f"print_{order.profile}_{len(set(body.invoice_ids))}")
