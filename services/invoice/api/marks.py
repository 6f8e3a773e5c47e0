"""Tag and annotate invoices, one or many."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from libs.common.answers import etag_of
from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.db import Tx, transaction
from libs.common.ids import InvoiceId
from libs.common.problems import PreconditionFailed
from libs.common.strict_json import StrictRoute
from services.invoice.api.invoices import answer_invoice
from services.invoice.api.routing import Reader, Writer, resources_of
from services.invoice.commands.mark_invoices import (
    NoteInvoice,
    TagInvoices,
    note_invoice,
    set_tags,
    tag_invoices,
)
from services.invoice.domain.encoding import encode_invoice
from services.invoice.queries.invoices import find_ids
from services.invoice.queries.tags import list_tags
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.marks import (
    MOST_INVOICES,
    BulkTagsRequest,
    BulkTagsResponse,
    InvoiceChangesRequest,
    NoteRequest,
    Tag,
    TagColoursRequest,
    TagListResponse,
    TagsRequest,
)
from services.invoice.store.invoice import load_invoice
from services.invoice.store.mark import load_marked_locked, save_tag_colours

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoices", tags=["tags and notes"])
tag_router = APIRouter(route_class=StrictRoute, prefix="/v1/tags", tags=["tags and notes"])


@router.post("/bulk-tags")
async def post_bulk_tags(request: Request, body: BulkTagsRequest, principal: Writer) -> BulkTagsResponse:
    """Tag many at once, all or none: an id that the tenant does not have refuses the whole with 404.

    `filter` finds invoices in the views as they are at that moment; more than 10,000 are refused.
    """
    pool, ids = resources_of(request).pool, body.ids
    if body.filter is not None:
        ids = await find_ids(pool, principal.tenant, body.filter.to_filters(), most=MOST_INVOICES)
    unique = sorted(set(ids or []))
    command = _tagging(principal, unique, add=body.add, remove=body.remove)
    async with transaction(pool, principal.tenant) as tx:
        changed = await tag_invoices(tx, command, now=utc_now())
    return BulkTagsResponse(matched=len(unique), changed=changed)


@router.post("/{invoice_id}/tags", response_model=InvoiceResponse)
async def post_tags(request: Request, invoice_id: UUID, body: TagsRequest, principal: Writer) -> Response:
    """Add tags behind those that are there; answers the invoice."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await tag_invoices(tx, _tagging(principal, [invoice_id], add=body.tags), now=utc_now())
        return await _answer(tx, principal, invoice_id)


@router.delete("/{invoice_id}/tags/{tag:path}", response_model=InvoiceResponse)
async def delete_tag(
    request: Request, invoice_id: UUID, tag: Annotated[Tag, Path()], principal: Writer
) -> Response:
    """Remove one tag; answers the invoice, also where it had no such tag."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await tag_invoices(tx, _tagging(principal, [invoice_id], remove=[tag]), now=utc_now())
        return await _answer(tx, principal, invoice_id)


@router.post("/{invoice_id}/notes", status_code=201, response_model=InvoiceResponse)
async def post_note(request: Request, invoice_id: UUID, body: NoteRequest, principal: Writer) -> Response:
    """Add a note with the caller as its author; answers the invoice."""
    command = NoteInvoice(tenant=principal.tenant, actor=principal.actor, id=invoice_id, text=body.text)
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await note_invoice(tx, command, now=utc_now())
        return await _answer(tx, principal, invoice_id, 201)


@router.patch("/{invoice_id}", response_model=InvoiceResponse)
async def patch_invoice(
    request: Request, invoice_id: UUID, body: InvoiceChangesRequest, principal: Writer
) -> Response:
    """Replace the tags; with `If-Match` only if the invoice is still what the ETag stands for, 412 otherwise."""
    wanted = request.headers.get("if-match")
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await load_marked_locked(tx, principal.tenant, [invoice_id])
        current = await load_invoice(tx, principal.tenant, InvoiceId(invoice_id))
        if wanted not in {None, "*", etag_of(encode_invoice(current))}:
            raise PreconditionFailed
        await set_tags(tx, _tagging(principal, [invoice_id], add=body.tags), now=utc_now())
        return await _answer(tx, principal, invoice_id)


@tag_router.get("")
async def get_tags(request: Request, principal: Reader) -> TagListResponse:
    """The tags that have a colour, or that the tenant's latest invoices use."""
    items = await list_tags(resources_of(request).pool, principal.tenant)
    return TagListResponse.model_validate({"items": items, "next_cursor": None})


@tag_router.put("")
async def put_tag_colours(request: Request, body: TagColoursRequest, principal: Writer) -> TagListResponse:
    """Replace the colours of all tags."""
    pool = resources_of(request).pool
    async with transaction(pool, principal.tenant) as tx:
        await save_tag_colours(tx, principal.tenant, body.colours)
    items = await list_tags(pool, principal.tenant)
    return TagListResponse.model_validate({"items": items, "next_cursor": None})


def _tagging(principal: Principal, ids: Sequence[UUID], **change: Any) -> TagInvoices:
    return TagInvoices(tenant=principal.tenant, actor=principal.actor, ids=ids, **change)


async def _answer(tx: Tx, principal: Principal, invoice_id: UUID, status: int = 200) -> Response:
    """The caller of a write sees what it has become; the answer leaves after the commit."""
    return answer_invoice(await load_invoice(tx, principal.tenant, InvoiceId(invoice_id)), status)
