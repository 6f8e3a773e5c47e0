"""The renderer: claim pending documents, draw and store them outside any transaction, record the outcome."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.object_store import StoreUnavailable
from services.render.archive import Archive
from services.render.commands import finish_documents
from services.render.domain import DocumentKey, Failure, Pack, PendingDocument, Put, StoredPack, split_rounds
from services.render.drawing import Draw, draw_documents
from services.render.metrics import DOCUMENT_SECONDS, DOCUMENTS
from services.render.seal import Sealer
from services.render.store.claim import claim_documents, release_documents
from services.render.store.retention import save_puts

DRAW_SECONDS = 5.0


class Renderer:
    """`step()` does one batch of invoices. Several may run at once, in one process or many: claims do not overlap.

    A process killed after the put leaves an object that nothing refers to, and a row that tells where; the documents
    are claimed again when their lease ends, and the reference is only ever to bytes that were acknowledged.
    """

    def __init__(
        self,
        pool: Pool,
        archive: Archive,
        drawers: Mapping[str, Draw],
        *,
        sealer: Sealer,
        batch: int,
        lease: timedelta,
        retention: timedelta | None = None,
    ) -> None:
        """`retention` is for all objects, instead of their tenants' terms."""
        self._pool = pool
        self._archive = archive
        self._drawers = drawers
        self._sealer = sealer
        self._batch = batch
        self._lease = lease
        self._retention = retention
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")

    async def step(self) -> bool:
        """True if there may be more to do at once. Raises StoreUnavailable after giving back what it could not keep."""
        if not self._archive.is_proven.is_set():
            return False
        claimed = await self._claim()
        if not claimed:
            return False
        rounds = split_rounds(claimed)
        is_out_of_time = False
        while rounds:
            undrawn, error = await self._work(rounds.pop(0))
            is_out_of_time = is_out_of_time or undrawn
            if error is not None:
                await self._finish([one for later in rounds for one in later], [], [])
                raise error
        return len({one.key.invoice for one in claimed}) == self._batch or is_out_of_time

    async def _work(self, documents: Sequence[PendingDocument]) -> tuple[bool, StoreUnavailable | None]:
        """Draw, store, record; whether there was no time for some, and why some could not be stored."""
        drawing = await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(draw_documents, documents, self._drawers, seconds=DRAW_SECONDS)
        )
        stored, error = await self._store(await self._plan(drawing.packs))
        await self._finish(documents, stored, drawing.failed)
        return bool(drawing.undrawn), error

    async def _claim(self) -> list[PendingDocument]:
        now = utc_now()
        async with transaction(self._pool) as tx:
            until = now + self._lease
            return await claim_documents(tx, self._batch, tuple(self._drawers), now=now, until=until)

    async def _plan(self, packs: Sequence[Pack]) -> list[tuple[Pack, Put]]:
        """Record where the packs will lie, so that nothing is forgotten that was stored and not recorded."""
        planned = [(pack, self._archive.plan(pack, now=utc_now())) for pack in packs]
        if planned:
            async with transaction(self._pool) as tx:
                await save_puts(tx, [put for _, put in planned])
        return planned

    async def _store(
        self, planned: Sequence[tuple[Pack, Put]]
    ) -> tuple[list[StoredPack], StoreUnavailable | None]:
        """What could be stored, and why the rest could not."""
        stored: list[StoredPack] = []
        error: StoreUnavailable | None = None
        storing = (self._archive.store(pack, put) for pack, put in planned)
        for outcome in await asyncio.gather(*storing, return_exceptions=True):
            if isinstance(outcome, StoreUnavailable):
                error = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                stored.append(outcome)
        return stored, error

    async def _finish(
        self,
        claimed: Sequence[PendingDocument],
        stored: Sequence[StoredPack],
        failed: Sequence[tuple[PendingDocument, Failure]],
    ) -> None:
        now = utc_now()
        async with transaction(self._pool) as tx:
            finished = await finish_documents(
                tx, stored, failed, sealer=self._sealer, retention=self._retention, now=now
            )
            await release_documents(tx, [one.key for one in claimed if one.key not in finished], now=now)
        self._count(finished, [part.document for pack in stored for part in pack.pack.parts], "ready")
        for document, failure in failed:
            self._count(finished, [document], "failed" if failure.is_alarming else "refused")

    @staticmethod
    def _count(finished: set[DocumentKey], documents: Sequence[PendingDocument], outcome: str) -> None:
        now = utc_now()
        for document in documents:
            if document.key in finished:
                DOCUMENTS.labels(document.key.format, outcome).inc()
                waited = (now - document.created_at).total_seconds()
                DOCUMENT_SECONDS.labels(document.key.format).observe(waited)

    def close(self) -> None:
        """Do not wait: what is being drawn will be claimed again."""
        self._thread.shutdown(wait=False, cancel_futures=True)
