"""Gathers what an archive holds, a page at a time: invoices from the views, documents from render's archive."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.common.clock import utc_now
from libs.common.db import Pool
from libs.common.object_store import ObjectStore
from services.invoice.domain.export import ClaimedExport
from services.invoice.exports.archive import ArchiveWriter
from services.invoice.exports.reading import obtain
from services.invoice.queries.exports import ExportedInvoice, load_exported
from services.invoice.queries.freshness import wait_for_own_writes
from services.invoice.queries.invoice_filters import InvoiceFilters
from services.invoice.queries.invoices import list_invoices

_LISTED = 500
_PAGE = 100
# Documents of invoices issued a moment ago are waited for, all in all not longer than this.
_PATIENCE_SECONDS = 20.0
_RECENT = timedelta(minutes=2)
_LOOK_AGAIN_SECONDS = 0.5


class Built(NamedTuple):
    """The finished archive on disk; `missing` counts documents by the reason why they are not there."""

    path: Path
    missing: dict[str, int]


class Progress:
    """How far the work is; read while it goes on."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0


class Builder:
    """Makes the archive of one export."""

    def __init__(
        self, pool: Pool, documents: ObjectStore, claimed: ClaimedExport, progress: Progress
    ) -> None:
        self._pool, self._documents = pool, documents
        self._claimed, self._progress = claimed, progress
        self._patience_ends = time.monotonic() + _PATIENCE_SECONDS

    async def build(self, folder: Path) -> Built:
        """Raises StoreUnavailable if documents cannot be read; what does not exist is listed in the manifest."""
        await wait_for_own_writes(self._pool, self._claimed.order.tenant)
        listed = await self._list()
        self._progress.total = len(listed) // 16
        writer = ArchiveWriter(folder, self._claimed)
        try:
            invoices = _ids(listed)
            while page := list(islice(invoices, _PAGE)):
                await self._add(writer, await self._load(page))
                self._progress.done += len(page)
            await asyncio.to_thread(writer.close, self._claimed.order.content.filters)
        finally:
            await asyncio.to_thread(writer.release)
        return Built(writer.path, writer.missing)

    async def _list(self) -> bytes:
        """The ids of all that match, 16 bytes each, in the order of issue: one list for the whole archive."""
        order, cursor, found = self._claimed.order, None, bytearray()
        filters = msgspec.convert(order.content.filters, InvoiceFilters, strict=False)
        while True:
            page = await list_invoices(
                self._pool, order.tenant, filters, sort="issued_at", limit=_LISTED, cursor=cursor
            )
            found += b"".join(item.id.bytes for item in page.items)
            if (cursor := page.next_cursor) is None:
                return bytes(found)

    async def _load(self, page: list[UUID]) -> list[ExportedInvoice]:
        """With their documents; those that are being drawn right now are given a little time."""
        order = self._claimed.order
        while True:
            invoices = await load_exported(self._pool, order.tenant, page, order.content.formats)
            if time.monotonic() > self._patience_ends or not any(map(_is_being_drawn, invoices)):
                return invoices
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _add(self, writer: ArchiveWriter, invoices: list[ExportedInvoice]) -> None:
        """The documents of a page are read together, then all is written in one go."""
        obtained = await obtain(self._documents, [each for one in invoices for each in one.documents])
        found = iter(obtained)
        entries = [(invoice, list(islice(found, len(invoice.documents)))) for invoice in invoices]
        await asyncio.to_thread(writer.add, entries)


def _ids(listed: bytes) -> Iterator[UUID]:
    return (UUID(bytes=listed[start : start + 16]) for start in range(0, len(listed), 16))


def _is_being_drawn(invoice: ExportedInvoice) -> bool:
    """Issued a moment ago, and no document is there yet."""
    if invoice.issued_at is None or utc_now() - invoice.issued_at > _RECENT or not invoice.documents:
        return False
    return all(document.outcome.state == "pending" for document in invoice.documents)
