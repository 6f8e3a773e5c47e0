"""What the API answers about documents, beside their bytes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.render.queries import DocumentView


class ObjectPlace(BaseModel):
    """Where the bytes lie: a slice of one version of one object."""

    bucket: str
    key: str
    version_id: str
    offset: int
    length: int


class DocumentItem(BaseModel):
    """One version of one carrier. `reason` only when it failed; `object` and `download_count` only for auditors."""

    format: Literal["pdf", "ofd", "xml"]
    state: Literal["pending", "ready", "failed"]
    version: int
    sha256: str | None
    size: int | None
    created_at: datetime
    reason: str | None = None
    reason_zh: str | None = None
    object: ObjectPlace | None = None
    download_count: int | None = None


class DocumentManifest(BaseModel):
    """All documents of an invoice; there is never a second page."""

    items: list[DocumentItem]
    next_cursor: None = None
    as_of: datetime


class DocumentPending(BaseModel):
    """The document is not ready; ask again after Retry-After seconds."""

    format: str
    version: int
    state: Literal["pending"] = "pending"


class DocumentLink(BaseModel):
    """A URL that works without a credential until `expires_at`."""

    url: str
    expires_at: datetime = Field(description="At most 15 minutes from now")


def build_item(view: DocumentView, *, is_audit: bool) -> DocumentItem:
    optional: dict[str, object] = {}
    if view.state == "failed":
        optional |= {"reason": view.reason, "reason_zh": view.reason_zh}
    if is_audit:
        optional["download_count"] = view.download_count
        if view.place is not None:
            optional["object"] = ObjectPlace(**view.place._asdict())
    return DocumentItem(
        format=view.key.format,
        state=view.state,
        version=view.key.version,
        sha256=view.sha256,
        size=view.size,
        created_at=view.created_at,
        **optional,
    )
