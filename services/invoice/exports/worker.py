"""Makes ordered exports, one at a time: builds, encrypts, stores and sends the archive; deletes expired ones.

A killed worker's export is taken over when its lease ends and begun anew, or sent again where it was stored.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from libs.common.clock import utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.log import get_logger
from libs.common.object_store import ObjectStore
from libs.common.problems import InternalError, Problem
from services.invoice.domain.export import (
    MOST_ATTEMPTS,
    ClaimedExport,
    TargetKind,
    archive_key,
    archive_name,
    retry_delay,
)
from services.invoice.errors import ExportTargetRefused
from services.invoice.exports.builder import Builder, Progress
from services.invoice.exports.desk import ExportDesk
from services.invoice.exports.encryption import encrypt, measure
from services.invoice.exports.places import open_place
from services.invoice.exports.workspace import open_workspace
from services.invoice.store.export import (
    advance_export,
    claim_export,
    delay_export,
    finish_export,
    forget_archives,
    save_archive,
    take_expired,
)

log = get_logger(__name__)

LEASE = timedelta(seconds=30)
# A step returns at least this often, so that the lease is kept and the loop shows that it lives.
_LOOK_SECONDS = 2.0


class ExportWorker:
    """`step` and `expire` are steps of loops. `documents` is render's archive."""

    def __init__(
        self,
        pool: Pool,
        documents: ObjectStore,
        desk: ExportDesk,
        *,
        life: timedelta,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pool, self._documents, self._desk = pool, documents, desk
        self._life, self._now = life, now
        self._claimed: ClaimedExport | None = None
        self._work: asyncio.Task[None] | None = None
        self._progress = Progress()

    async def step(self) -> bool:
        """Take one on, or look after the one that is being made."""
        if self._claimed is None or self._work is None:
            return await self._begin()
        await asyncio.wait({self._work}, timeout=_LOOK_SECONDS)
        if self._work.done():
            work, claimed = self._work, self._claimed
            self._work = self._claimed = None
            await self._settle(claimed, work)
        elif not await self._hold(self._claimed):
            self._work.cancel()
        return True

    async def _begin(self) -> bool:
        async with transaction(self._pool) as tx:
            claimed = await claim_export(tx, lease=LEASE, now=self._now())
        if claimed is None:
            return False
        self._claimed, self._progress = claimed, Progress()
        self._work = asyncio.create_task(self._make(claimed, self._progress))
        return True

    async def _hold(self, claimed: ClaimedExport) -> bool:
        """Keep the lease and show the progress; False where the export was cancelled or is in other hands."""
        until = self._now() + LEASE
        async with transaction(self._pool) as tx:
            return await advance_export(tx, claimed, self._progress.total, self._progress.done, until=until)

    async def _make(self, claimed: ClaimedExport, progress: Progress) -> None:
        with open_workspace() as folder:
            path = folder / "outgoing"
            if claimed.sha256 is None:
                path = await self._build(claimed, progress, folder)
            elif claimed.order.target.kind is not TargetKind.PLATFORM:
                await asyncio.to_thread(self._desk.kept.fetch, archive_key(claimed.order), path)
            if claimed.order.target.kind is not TargetKind.PLATFORM:
                await asyncio.to_thread(self._send, claimed, path)

    async def _build(self, claimed: ClaimedExport, progress: Progress, folder: Path) -> Path:
        """The archive, encrypted where that was asked for, stored on the platform and recorded."""
        path, missing = await Builder(self._pool, self._documents, claimed, progress).build(folder)
        if claimed.order.content.recipients:
            path = await asyncio.to_thread(encrypt, path, claimed.order.content.recipients)
        size, sha256 = await asyncio.to_thread(measure, path)
        await asyncio.to_thread(self._desk.kept.put, archive_key(claimed.order), path)
        await self._hold(claimed)
        expires_at = self._now() + self._life
        async with transaction(self._pool) as tx:
            is_ours = await save_archive(
                tx, claimed, size=size, sha256=sha256, missing=missing, expires_at=expires_at
            )
        if not is_ours:
            raise asyncio.CancelledError
        return path

    def _send(self, claimed: ClaimedExport, path: Path) -> None:
        order = claimed.order
        if order.schedule_id is None or claimed.sealed_secrets is None:
            raise ExportTargetRefused("The schedule and its credentials are gone.", reason="schedule deleted")
        self._desk.guard.check_url(order.target.url)
        secret = self._desk.seal.open(order.schedule_id, claimed.sealed_secrets)
        open_place(order.target, secret, self._desk.guard).put(archive_name(order), path)

    async def _settle(self, claimed: ClaimedExport, work: asyncio.Task[None]) -> None:
        """Record how it ended."""
        identity = {"export_id": str(claimed.order.id), "attempt": claimed.attempt}
        if work.cancelled():
            log.info("export_given_up", **identity)
            return
        error = work.exception()
        async with transaction(self._pool) as tx:
            if error is None:
                await finish_export(tx, claimed, now=self._now())
                log.info("export_finished", **identity)
                return
            await self._delay(tx, claimed, error)
        log.warning("export_attempt_failed", error=repr(error), **identity)

    async def _delay(self, tx: Tx, claimed: ClaimedExport, error: BaseException) -> None:
        """Another attempt later, unless this was the last or none can help."""
        is_final = claimed.attempt >= MOST_ATTEMPTS or isinstance(error, ExportTargetRefused)
        problem = error if isinstance(error, Problem) else InternalError()
        told = {name: getattr(problem, name) for name in ("code", "title", "title_zh", "detail", "detail_zh")}
        now = self._now()
        later = now + retry_delay(claimed.attempt)
        await delay_export(tx, claimed, told, is_final=is_final, next_attempt_at=later, now=now)

    async def expire(self) -> bool:
        """A loop's step: delete archives whose time is over."""
        async with transaction(self._pool) as tx:
            expired = await take_expired(tx, now=self._now())
        for _, _, key in expired:
            await asyncio.to_thread(self._desk.kept.delete, key)
        async with transaction(self._pool) as tx:
            await forget_archives(tx, [(tenant, export) for tenant, export, _ in expired])
        return len(expired) > 0

    async def close(self) -> None:
        """Let go of what is being made; another worker begins it anew."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work}, timeout=5)
