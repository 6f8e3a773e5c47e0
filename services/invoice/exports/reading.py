"""Reads documents from render's archive."""

from collections.abc import Sequence
from typing import NamedTuple

from libs.common.object_store import ObjectStore, Recorded, Slice
from services.invoice.queries.exports import ExportedDocument


class Obtained(NamedTuple):
    """A document of an invoice: its bytes, or why there are none."""

    document: ExportedDocument
    content: bytes | None
    reason: str = ""


async def obtain(archive: ObjectStore, documents: Sequence[ExportedDocument]) -> list[Obtained]:
    """The bytes that were recorded, never others, in the order of `documents`. Raises StoreUnavailable."""
    found = [Obtained(document, None, document.lack) for document in documents]
    recorded = {
        at: part for at, document in enumerate(documents) if (part := _recorded(document)) is not None
    }
    contents = await archive.read_many(list(recorded.values()))
    for at, content in zip(recorded, contents, strict=True):
        found[at] = Obtained(documents[at], content, "corrupt" if content is None else "")
    return found


def _recorded(document: ExportedDocument) -> Recorded | None:
    place, outcome = document.place, document.outcome
    if document.lack or place is None or outcome.sha256 is None:
        return None
    where = Slice(place.bucket, place.key, place.version_id, place.first_byte, outcome.size or 0)
    return Recorded(where, outcome.sha256)
