"""Where one sees what an invoice would look like: the answer of a dry run in, the file with its 试算 mark out."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.common.auth import Principal, require
from libs.common.clock import utc_now
from libs.common.strict_json import StrictRoute, check_media_type
from services.render.api.printing import pdf_only
from services.render.domain import MEDIA_TYPES
from services.render.preview.document import PreviewFormat, draw_preview
from services.render.preview.schema import describe_body
from services.render.print.profiles import ProfileName
from services.render.resources import Resources

PATH = "/v1/document-previews"
MOST_BYTES = 6 * 1024 * 1024  # of 2,000 lines with the longest texts, whichever way they are escaped

router = APIRouter(route_class=StrictRoute, tags=["documents"])

Trier = Annotated[Principal, Depends(require("invoice:write"))]
_FILE = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, with 试算 across its pages",
        "content": {MEDIA_TYPES[name]: _FILE for name in ("pdf", "ofd", "xml")},
    }
}


@router.post(
    PATH, response_class=Response, responses=_ANSWERS, openapi_extra={"requestBody": describe_body()}
)
async def post_preview(
    request: Request,
    principal: Trier,
    *,
    file_format: Annotated[PreviewFormat, Query(alias="format")] = "pdf",
    profile: Annotated[ProfileName | None, Query(description="On this paper; PDF only")] = None,
) -> Response:
    """Draw what `POST /v1/invoices?dry_run=true` has answered. Nothing is kept, and no verification will know it.

    Whoever may try an invoice may see it: the scope is the same.
    """
    if profile and file_format != "pdf":
        raise pdf_only()
    check_media_type(request)
    resources: Resources = request.app.state.resources
    content = await request.body()
    async with resources.preview_turns.take(principal.tenant):
        drawn = await asyncio.to_thread(draw_preview, content, file_format, profile, now=utc_now())
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'inline; filename="preview.{file_format}"',
        "x-content-type-options": "nosniff",
    }
    return Response(drawn, 200, headers, media_type=MEDIA_TYPES[file_format])
