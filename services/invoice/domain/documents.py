"""The documents of an invoice as render has announced them: by format what became of it, and where its bytes lie."""

from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.ids import TenantId

# What render makes of every invoice unless OFP_RENDER_FORMATS says otherwise.
EAGER_FORMATS = ("xml", "pdf", "ofd")
# In answers the one that people read comes first; what is unknown comes last.
_ORDER = ("pdf", "ofd", "xml", "json", "ubl")


class Document(Struct, frozen=True):
    """A carrier as `render` reported it."""

    format: str
    state: str
    sha256: str | None
    size: int | None
    version: int


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What became of one format: `ready` as this version, or `failed` for a reason."""

    state: str
    version: int | None = None
    sha256: str | None = None
    size: int | None = None
    reason: str | None = None


class Place(Struct, frozen=True):
    """A slice of one version of one object in render's archive; its length is the document's size."""

    bucket: str
    key: str
    version_id: str
    first_byte: int


class Announcement(Struct, frozen=True, kw_only=True):
    """What one event tells of an invoice; `seal` is the platform's signature, as published."""

    tenant: TenantId
    invoice_id: UUID
    outcomes: dict[str, Outcome]
    places: dict[str, Place] = {}
    seal: msgspec.Raw | None = None


def read_outcomes(stored: str | None) -> dict[str, Outcome]:
    """By format, from the row; none where nothing has been announced."""
    return msgspec.json.decode(stored, type=dict[str, Outcome]) if stored else {}


def list_documents(stored: str | None) -> tuple[Document, ...]:
    """As answers show them."""
    outcomes = read_outcomes(stored)
    return tuple(
        Document(name, each.state, each.sha256, each.size, each.version or 1)
        for name, each in sorted(outcomes.items(), key=lambda item: _rank(item[0]))
    )


def _rank(document_format: str) -> tuple[int, str]:
    known = document_format in _ORDER
    return (_ORDER.index(document_format) if known else len(_ORDER), document_format)
