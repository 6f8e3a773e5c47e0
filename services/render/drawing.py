"""Draws claimed documents one after the other: pure work for a thread, apart from the event loop.

One thread and not a process: it costs 0.10 ms a document less, and compression leaves the interpreter free, so the
loop is late by 0.3 ms at the median and 1.7 ms at most (measured with PDFs of 8 lines, 50 at a time).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

import msgspec

from libs.common.log import get_logger
from services.render.domain import (
    MOST_ATTEMPTS,
    DrawnDocument,
    Failure,
    Pack,
    PendingDocument,
    build_packs,
)
from services.render.ofd.document import render_ofd
from services.render.page.errors import Undrawable
from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from services.render.structured.json_document import render_json
from services.render.structured.ubl import render_ubl

log = get_logger(__name__)

# The invoice document as published, with the `mark` of the version and, where it was drawn just before, its `xml` as
# bytes -> the bytes of one format; always the same for the same invoice and mark, whether `xml` is given or not.
Draw: TypeAlias = Callable[[Mapping[str, Any]], bytes]
DRAWERS: Mapping[str, Draw] = {
    "xml": render_xml,
    "pdf": render_pdf,
    "ofd": render_ofd,
    "json": render_json,
    "ubl": render_ubl,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Outcome of a round: packs to store, documents that can never be drawn, and those there was no time for."""

    packs: Sequence[Pack]
    failed: Sequence[tuple[PendingDocument, Failure]]
    undrawn: Sequence[PendingDocument]


def drawable(formats: Iterable[str]) -> tuple[str, ...]:
    """Those of the formats that there is a drawer for."""
    return tuple(name for name in formats if name in DRAWERS)


def draw_documents(
    documents: Iterable[PendingDocument], drawers: Mapping[str, Draw], *, seconds: float
) -> Drawing:
    """Draw invoice by invoice until `seconds` have passed (at least one); one bad document hurts no other."""
    ends_at = time.monotonic() + seconds
    drawn: list[DrawnDocument] = []
    failed: list[tuple[PendingDocument, Failure]] = []
    undrawn: list[PendingDocument] = []
    ordered = sorted(documents, key=lambda one: one.rank)
    for position, (_, group) in enumerate(groupby(ordered, lambda one: one.key[:2])):
        if position > 0 and time.monotonic() > ends_at:
            undrawn += group
            continue
        for _, alike in groupby(group, lambda one: one.mark):
            for document, outcome in _draw_alike(list(alike), drawers):
                if isinstance(outcome, Failure):
                    failed.append((document, outcome))
                else:
                    drawn.append(DrawnDocument(document, outcome))
    return Drawing(build_packs(drawn), failed, undrawn)


def _draw_alike(
    documents: Sequence[PendingDocument], drawers: Mapping[str, Draw]
) -> Iterator[tuple[PendingDocument, bytes | Failure]]:
    """Documents of one invoice and mark, decoded once; the XML comes first and is handed to the others."""
    invoice = msgspec.json.decode(documents[0].body) | {"mark": documents[0].mark}
    for document in documents:
        try:
            _check_attempts(document)
            content = drawers[document.key.format](invoice)
        except (MemoryError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - drawing is deterministic, so the next try would fail alike
            yield document, _explain(document, error)
        else:
            if document.key.format == "xml":
                invoice["xml"] = content
            yield document, content


def _check_attempts(document: PendingDocument) -> None:
    if document.attempts > MOST_ATTEMPTS:
        times = document.attempts - 1
        raise Undrawable(
            f"Given up: {times} times the process ended while drawing it.",
            f"已放弃：绘制时进程 {times} 次中止。",
        )


def _explain(document: PendingDocument, error: Exception) -> Failure:
    """The reason as the tenant reads it; what is unforeseen is named by its class only and logged in full."""
    key = document.key
    about = {
        "invoice_id": str(key.invoice),
        "format": key.format,
        "request_id": document.correlation.id,
    }
    if not isinstance(error, Undrawable):
        log.error("document_not_drawable", **about, reason=repr(error), exc_info=error)
        name = type(error).__name__
        return Failure(f"Drawing failed unexpectedly ({name}).", f"绘制时发生意外错误（{name}）。")
    if error.is_alarming:
        log.error("document_not_drawable", **about, reason=str(error))
    else:
        log.info("document_refused", **about, reason=str(error))
    return Failure(error.reason, error.reason_zh, error.is_alarming)
