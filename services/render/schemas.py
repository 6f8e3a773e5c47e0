"""What the API answers about documents, beside their bytes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import to_builtins
from pydantic import BaseModel, Field

from libs.common.contracts.render import Seal
from libs.common.request_models import StrictBody, printable
from services.render.queries import DocumentView
from services.render.seal import Manifest, SealedDocument, Sealer


class ObjectPlace(BaseModel):
    """Where the bytes lie: a slice of one version of one object."""

    bucket: str
    key: str
    version_id: str
    offset: int
    length: int


class Regeneration(BaseModel):
    """Why this version was drawn, where somebody asked for it; who did, for auditors."""

    reason: str
    requested_by: str | None = None


class DocumentItem(BaseModel):
    """One version of one carrier. `reason` only when it failed; `object` and `download_count` only for auditors."""

    format: Literal["xml", "pdf", "ofd", "json", "ubl"]
    state: Literal["pending", "ready", "failed"]
    version: int
    sha256: str | None
    size: int | None
    created_at: datetime
    reason: str | None = None
    reason_zh: str | None = None
    mark: Literal["voided"] | None = Field(default=None, description="What stands across its pages")
    regeneration: Regeneration | None = None
    object: ObjectPlace | None = None
    download_count: int | None = None


class EnvelopeSignature(BaseModel):
    """`sig` is base64 over the pre-authentication encoding of type and payload; `keyid` as in /v1/document-keys."""

    keyid: str
    sig: str


class Envelope(BaseModel):
    """A DSSE envelope: the payload is canonical JSON in base64 (docs/formats/integrity.md)."""

    payloadType: str  # noqa: N815 - DSSE's own name
    payload: str
    signatures: list[EnvelopeSignature]


class DocumentManifest(BaseModel):
    """All documents of an invoice; there is never a second page. `manifest` seals all that are ready."""

    items: list[DocumentItem]
    manifest: Envelope | None
    next_cursor: None = None
    as_of: datetime


class DocumentPending(BaseModel):
    """The document is not ready; ask again after Retry-After seconds."""

    format: str
    version: int
    state: Literal["pending"] = "pending"


class RegenerationRequest(StrictBody):
    """Draw the document again."""

    reason: Annotated[str, printable(200, is_required=True)] = Field(
        description="Kept with the new version, and told to all who read of it"
    )


class RetentionTerm(BaseModel):
    """A term that may be chosen, and what asks for it."""

    years: int
    basis: str
    basis_zh: str


class RetentionChoiceItem(BaseModel):
    """`applied_at`: since when all that was archived before is kept for at least so long, too."""

    years: int
    actor: str
    chosen_at: datetime
    applied_at: datetime | None


class RetentionSetting(BaseModel):
    """`years` run from the end of the year of issue; `choices` are the last 50, newest first."""

    years: int
    offered: list[RetentionTerm]
    choices: list[RetentionChoiceItem]
    as_of: datetime


class RetentionRequest(StrictBody):
    """What is to hold from now on."""

    years: int


class DownloadItem(BaseModel):
    """One download of one version."""

    format: str
    version: int
    actor: str
    via: Literal["credential", "link", "support", "print"]
    request_id: str
    downloaded_at: datetime


class Downloads(BaseModel):
    """Newest first."""

    items: list[DownloadItem]
    next_cursor: str | None
    as_of: datetime


class DocumentLink(BaseModel):
    """A URL that works without a credential until `expires_at`."""

    url: str
    expires_at: datetime = Field(description="At most 15 minutes from now")


def build_item(view: DocumentView, *, is_audit: bool) -> DocumentItem:
    optional: dict[str, object] = {}
    if view.state == "failed":
        optional |= {"reason": view.reason, "reason_zh": view.reason_zh}
    if view.mark is not None:
        optional["mark"] = view.mark
    if view.redraw is not None:
        who = {"requested_by": view.redraw.actor} if is_audit else {}
        optional["regeneration"] = Regeneration(reason=view.redraw.reason, **who)
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


def build_envelope(seal: Seal) -> Envelope:
    return Envelope.model_validate(to_builtins(seal))


def seal_documents(views: Sequence[DocumentView], sealer: Sealer) -> Envelope | None:
    """A seal over those of one invoice that are ready; the same that their last event carried."""
    ready = [
        SealedDocument(view.key.format, view.key.version, view.sha256, view.size)
        for view in views
        if view.state == "ready" and view.sha256 is not None and view.size is not None
    ]
    if not ready:
        return None
    first = views[0]
    manifest = Manifest(first.key.invoice, first.code, first.number, first.issued_at, ready)
    return build_envelope(sealer.seal_manifest(manifest))
