"""Routes of render: the manifest of an invoice's documents, the bytes, and signed links to them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBearer

from libs.common.answers import is_seen
from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Tx, transaction
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from libs.common.strict_json import LinkRoute, StrictRoute
from services.render.api.access import NamedTenant, reach_tenant
from services.render.api.files import answer_bytes, describe_file, find_part
from services.render.api.printing import print_document, read_wish
from services.render.commands import record_download, record_part, request_document
from services.render.domain import MEDIA_TYPES, is_recent
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
    206: {
        "description": "The part that `Range` asks for",
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES.values()
        },
    },
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
    """The bytes as archived; every download is recorded. `ETag` is the quoted SHA-256. HEAD and a single `Range` work.

    A format that the invoice does not have yet (JSON, UBL) is made when it is first asked for. With a profile, a
    printer or an offset the PDF is put on that paper: a view; the archived bytes stay as they are. An offset alone
    moves the page on paper of its own size.
    """
    resources: Resources = request.app.state.resources
    view = await _find(resources, caller, invoice_id, file_format, version=version)
    if view.place is None or view.sha256 is None:
        return _answer_unready(view)
    if wish:
        return await print_document(resources, caller.tenant, caller.actor, view, wish)
    if link:
        return _answer_link(view, caller, resources)
    headers = describe_file(view)
    if is_seen(headers["etag"], request.headers.get("if-none-match")):
        return _answer_seen(headers)
    part = find_part(request.headers, headers["etag"], view.place.length)
    content = await resources.archive.read(view.key, view.place, sha256=view.sha256)
    await _record(resources, view, caller, is_part=part is not None, now=utc_now())
    return answer_bytes(content, part, headers)


@link_router.head("/{invoice_id}/documents/{format}", response_class=Response, include_in_schema=False)
async def head_document(
    request: Request,
    *,
    invoice_id: UUID,
    file_format: Annotated[str, Path(alias="format")],
    caller: Annotated[Caller, Depends(read_caller)],
    version: Annotated[int | None, Query(ge=1, le=32767)] = None,
) -> Response:
    """What a GET of the archived bytes would say of them. Neither read nor recorded; views on paper have no HEAD."""
    view = await _find(request.app.state.resources, caller, invoice_id, file_format, version=version)
    if view.place is None or view.sha256 is None:
        return _answer_unready(view)
    headers = describe_file(view)
    if is_seen(headers["etag"], request.headers.get("if-none-match")):
        return _answer_seen(headers)
    return Response(headers=headers | {"content-length": str(view.place.length)})


async def _find(
    resources: Resources, caller: Caller, invoice_id: UUID, file_format: str, *, version: int | None
) -> DocumentView:
    """A format that is made on demand is wanted from now on. Raises NotFound."""
    check_format(file_format)

    async def look(tx: Tx) -> DocumentView | None:
        view = await find_document(tx, caller.tenant, invoice_id, file_format, version)
        if view is None and version is None:
            await request_document(tx, caller.tenant, invoice_id, file_format, now=utc_now())
            view = await find_document(tx, caller.tenant, invoice_id, file_format, version)
        return view

    return await _look_twice(resources, caller.tenant, invoice_id, look)


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


def _answer_seen(headers: dict[str, str]) -> Response:
    return Response(status_code=304, headers={name: headers[name] for name in ("etag", "cache-control")})


async def _record(
    resources: Resources, view: DocumentView, caller: Caller, *, is_part: bool, now: datetime
) -> None:
    record = record_part if is_part else record_download
    async with transaction(resources.pool, caller.tenant) as tx:
        await record(
            tx, view.key, actor=caller.actor, via=caller.via, request_id=current_correlation().id, now=now
        )
