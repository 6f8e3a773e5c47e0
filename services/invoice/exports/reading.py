"""Reads documents from render's archive: those that lie side by side in a pack by one call."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from libs.common.object_store import ObjectStore, Slice
from services.invoice.queries.exports import ExportedDocument

# So much is read at once.
_MOST_BYTES = 4 * 1024 * 1024


class Obtained(NamedTuple):
    """A document of an invoice: its bytes, or why there are none."""

    document: ExportedDocument
    content: bytes | None
    reason: str = ""


class _Part(NamedTuple):
    """Which of the documents lies where, and its SHA-256."""

    where: Slice
    at: int
    sha256: str


async def obtain(archive: ObjectStore, documents: Sequence[ExportedDocument]) -> list[Obtained]:
    """The bytes that were recorded, never others, in the order of `documents`. Raises StoreUnavailable."""
    found = [Obtained(document, None, document.lack) for document in documents]
    runs = _runs(_parts(documents))
    contents = await asyncio.gather(
        *(archive.read_run([(part.where, part.sha256) for part in run]) for run in runs)
    )
    for run, read in zip(runs, contents, strict=True):
        for part, content in zip(run, read, strict=True):
            reason = "corrupt" if content is None else ""
            found[part.at] = Obtained(documents[part.at], content, reason)
    return found


def _parts(documents: Sequence[ExportedDocument]) -> Iterable[_Part]:
    for index, document in enumerate(documents):
        place, outcome = document.place, document.outcome
        if not document.lack and place is not None and outcome.sha256 is not None:
            where = Slice(place.bucket, place.key, place.version_id, place.first_byte, outcome.size or 0)
            yield _Part(where, index, outcome.sha256)


def _runs(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Each without a gap and not too long."""
    runs: list[list[_Part]] = []
    for part in sorted(parts):
        if runs and _follows(part.where, runs[-1][0].where, runs[-1][-1].where):
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _follows(where: Slice, first: Slice, last: Slice) -> bool:
    is_next = where[:3] == last[:3] and where.offset == last.offset + last.length
    return is_next and where.offset + where.length - first.offset <= _MOST_BYTES
