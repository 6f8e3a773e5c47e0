"""Routes of render: the manifest of an invoice's documents, the bytes, and signed links to them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBearer

from libs.common.answers import is_seen
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Tx, transaction
from libs.common.file_names import name_document
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from libs.common.strict_json import LinkRoute, StrictRoute
from services.render.api.access import NamedTenant, reach_tenant
from services.render.api.printing import print_document, read_wish
from services.render.commands import record_download, request_document
from services.render.domain import MEDIA_TYPES, SUFFIXES, is_recent
from services.render.drawing import DRAWERS
from services.render.errors import DocumentFailed, DocumentLinkInvalid
from services.render.links import build_url, make_link, read_link
from services.render.print.printers import PrintWish
from services.render.queries import DocumentView, find_document, list_documents
from services.render.resources import Resources
from services.render.schemas import (
    DocumentLink,
    DocumentManifest,
    DocumentPending,
    build_item,
    seal_documents,
)

T = TypeVar("T")

router = APIRouter(prefix="/v1/invoices", route_class=StrictRoute, tags=["documents"])
link_router = APIRouter(prefix="/v1/invoices", route_class=LinkRoute, tags=["documents"])

READ_SCOPE, AUDIT_SCOPE = "document:read", "document:audit"
# An invoice that was issued a moment ago may be ahead of its event: look again before saying that there is none.
LOOK_AGAIN_SECONDS = (0.3, 0.7)

BINARY_TYPES = sorted(set(MEDIA_TYPES.values()) - {"application/json"})

_require_any = require()
_bearer = HTTPBearer(auto_error=False, description="Access token or API key")
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The document, or the link that was asked for",
        "model": DocumentLink,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in BINARY_TYPES},
    },
    202: {"description": "Not ready yet: ask again after Retry-After seconds", "model": DocumentPending},
    304: {"description": "The caller has these bytes"},
}


class Caller(NamedTuple):
    """Who asks for bytes, by credential or by signed link."""

    tenant: TenantId
    actor: str
    via: str


async def read_caller(
    request: Request, tenant_id: NamedTenant = None, _: Annotated[object, Depends(_bearer)] = None
) -> Caller:
    """A signature stands in for the credential; it is checked before anything else of the request."""
    if "signature" in request.query_params:
        resources: Resources = request.app.state.resources
        invoice, file_format = request.path_params["invoice_id"], request.path_params["format"]
        link = read_link(invoice, file_format, request.query_params, resources.link_secret, now=utc_now())
        return Caller(link.key.tenant, link.actor, "link")
    tenant, actor, is_agent = reach_tenant(await _require_any(request), tenant_id, READ_SCOPE)
    return Caller(tenant, actor, "support" if is_agent else "credential")


@router.get("/{invoice_id}/documents", response_model=DocumentManifest, response_model_exclude_unset=True)
async def get_manifest(
    request: Request,
    invoice_id: UUID,
    principal: Annotated[Principal, Depends(_require_any)],
    tenant_id: NamedTenant = None,
) -> DocumentManifest:
    """Every version of every document of the invoice with its state and hash."""
    tenant = reach_tenant(principal, tenant_id, READ_SCOPE).tenant
    resources: Resources = request.app.state.resources

    async def look(tx: Tx) -> list[DocumentView] | None:
        return await list_documents(tx, tenant, invoice_id) or None

    views = await _look_twice(resources, tenant, invoice_id, look)
    is_audit = AUDIT_SCOPE in principal.scopes
    items = [build_item(view, is_audit=is_audit) for view in views]
    manifest = seal_documents(views, resources.sealer)
    return DocumentManifest(items=items, manifest=manifest, next_cursor=None, as_of=utc_now())


@link_router.get("/{invoice_id}/documents/{format}", response_class=Response, responses=_BYTES)
async def get_document(
    request: Request,
    *,
    invoice_id: UUID,
    file_format: Annotated[str, Path(alias="format", description="xml, pdf, ofd, json or ubl")],
    caller: Annotated[Caller, Depends(read_caller)],
    version: Annotated[int | None, Query(ge=1, le=32767, description="The newest otherwise")] = None,
    link: Annotated[bool, Query(description="Answer with a signed link instead of the bytes")] = False,
    wish: Annotated[PrintWish | None, Depends(read_wish)] = None,
) -> Response:
    """The bytes as archived; every download is recorded. `ETag` is the quoted SHA-256.

    A format that the invoice does not have yet (JSON, UBL) is made when it is first asked for. With a profile, a
    printer or an offset the PDF is put on that paper: a view; the archived bytes stay as they are.
    """
    resources: Resources = request.app.state.resources
    check_format(file_format)

    async def look(tx: Tx) -> DocumentView | None:
        view = await find_document(tx, caller.tenant, invoice_id, file_format, version)
        if view is None and version is None:
            await request_document(tx, caller.tenant, invoice_id, file_format, now=utc_now())
            view = await find_document(tx, caller.tenant, invoice_id, file_format, version)
        return view

    view = await _look_twice(resources, caller.tenant, invoice_id, look)
    if view.place is None or view.sha256 is None:
        return _answer_unready(view)
    if wish:
        return await print_document(resources, caller.tenant, caller.actor, view, wish)
    if link:
        return _answer_link(view, caller, resources)
    headers = {"etag": f'"{view.sha256}"', "cache-control": "private, no-cache"}
    if is_seen(headers["etag"], request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    content = await resources.archive.read(view.key, view.place, sha256=view.sha256)
    await _record(resources, view, caller, now=utc_now())
    number = f"{view.code or ''}{view.number}"
    name = name_document(number, view.seller_name, view.issued_at, SUFFIXES.get(file_format, file_format))
    headers |= {"content-disposition": _disposition(name), "x-content-type-options": "nosniff"}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[file_format])


def check_format(file_format: str) -> None:
    """Raises NotFound for what is no format."""
    if file_format not in DRAWERS:
        raise NotFound


async def _look_twice(
    resources: Resources, tenant: TenantId, invoice_id: UUID, look: Callable[[Tx], Awaitable[T | None]]
) -> T:
    """What `look` finds, if need be after a second; the same NotFound for unknown and for other tenants' invoices."""
    may_come = is_recent(invoice_id, utc_now())
    for seconds in (0.0, *LOOK_AGAIN_SECONDS) if may_come else (0.0,):
        await asyncio.sleep(seconds)
        async with transaction(resources.pool, tenant) as tx:
            found = await look(tx)
        if found is not None:
            return found
    if may_come:
        raise NotFound(
            "There is no such document here; that of an invoice issued a moment ago may still be on its way.",
            detail_zh="此处没有该文件；若发票刚刚开具，文件可能仍在生成途中。",
            retry_after=1,
            retryable=True,
        )
    raise NotFound


def _answer_unready(view: DocumentView) -> Response:
    if view.state == "failed":
        raise DocumentFailed(
            view.reason or "",
            detail_zh=view.reason_zh or "",
            format=view.key.format,
            version=view.key.version,
        )
    body = DocumentPending(format=view.key.format, version=view.key.version).model_dump_json()
    headers = {"retry-after": "1", "cache-control": "no-store"}
    return Response(body, 202, headers, media_type="application/json")


def _answer_link(view: DocumentView, caller: Caller, resources: Resources) -> Response:
    """Links come from credentials only: one link cannot beget another."""
    if caller.via == "link":
        raise DocumentLinkInvalid
    link = make_link(view.key, caller.actor, now=utc_now())
    url = build_url(resources.public_url, link, resources.link_secret)
    body = DocumentLink(url=url, expires_at=link.expires_at).model_dump_json()
    return Response(body, 200, {"cache-control": "no-store"}, media_type="application/json")


async def _record(resources: Resources, view: DocumentView, caller: Caller, *, now: datetime) -> None:
    async with transaction(resources.pool, caller.tenant) as tx:
        await record_download(
            tx, view.key, actor=caller.actor, via=caller.via, request_id=current_correlation().id, now=now
        )


def _disposition(name: str) -> str:
    """RFC 6266 with the Chinese name as in RFC 8187, and an ASCII name for the rest."""
    plain = name.encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
